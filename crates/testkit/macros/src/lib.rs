//! The both-engines test attribute.

use proc_macro::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, ItemFn, Token, parse_macro_input};

/// `migrations = crate::MIGRATIONS`, or nothing.
struct Options {
    migrations: Option<Expr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self { migrations: None });
        }
        let name: Ident = input.parse()?;
        if name != "migrations" {
            return Err(syn::Error::new(name.span(), "write #[both_engines(migrations = path::TO_MIGRATIONS)]"));
        }
        input.parse::<Token![=]>()?;
        Ok(Self { migrations: Some(input.parse()?) })
    }
}

/// Makes two tests of `async fn name(db: TestDb)`: `name::sqlite` and `name::postgres`, each with a database of its own
/// on a multi-thread tokio runtime. `#[ignore]` and `#[should_panic]` go to both.
#[proc_macro_attribute]
pub fn both_engines(options: TokenStream, item: TokenStream) -> TokenStream {
    let Options { migrations } = parse_macro_input!(options as Options);
    let mut body = parse_macro_input!(item as ItemFn);
    let migrations = migrations.map_or_else(|| quote!(&[]), |path| quote!(&#path));
    let for_tests = |attr: &syn::Attribute| attr.path().is_ident("ignore") || attr.path().is_ident("should_panic");
    let (tests, own): (Vec<_>, Vec<_>) = body.attrs.drain(..).partition(for_tests);
    body.attrs = own;
    let (name, output) = (&body.sig.ident, &body.sig.output);
    let runner = format_ident!("__{}_on", name);
    quote! {
        #body

        fn #runner(engine: ::volens_testkit::Engine) #output {
            ::volens_testkit::run(engine, #migrations, #name)
        }

        mod #name {
            #[test]
            #(#tests)*
            fn sqlite() #output {
                super::#runner(::volens_testkit::Engine::Sqlite)
            }

            #[test]
            #(#tests)*
            fn postgres() #output {
                super::#runner(::volens_testkit::Engine::Postgres)
            }
        }
    }
    .into()
}
