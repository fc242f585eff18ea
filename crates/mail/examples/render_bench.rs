//! How long a mail takes, from the person's fields to the octets: `cargo run --release -p volens-mail --example render_bench`.

use std::hint::black_box;
use std::time::Instant;

use volens_core::id::{DeliveryKey, StreamNo};
use volens_core::{Locale, Micros};
use volens_mail::{
    AddrSpec, Brand, Compiled, FeedbackId, Furniture, Headers, Letter, List, ListId, Mailbox, Message, PersonView,
    Reason, Source, WebUrl, Words, Zone, message_id, reason_line,
};

const ROUNDS: i64 = 100_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words = Words::new(&[])?;
    let mut brand = Brand::plain("Nordic Bakery");
    brand.picture_hosts.push("letters.nordicbakery.example".to_owned());
    let letter = Letter::parse(include_str!("../tests/letter.md"))?;
    let compiled = Compiled::new(&letter, &brand, &words, Locale::En)?;
    let zone = Zone::named("Europe/Rome")?;
    let from = Mailbox::named("Nordic Bakery", AddrSpec::parse("letters@nordicbakery.example")?);
    let list = ListId::new("The Bread letter", "bread", "letters.nordicbakery.example")?;
    let feedback = FeedbackId::new("cmp12", "bread", "letter", "nordicbakery")?;
    let mut out = Vec::new();
    let mut times = [const { Vec::new() }; 3];
    let mut octets = 0;
    for i in 0..ROUNDS {
        let start = Instant::now();
        let joined_at = Micros(1_777_798_987_000_000 + i * 1_000_000);
        let source = Source::CounterCard;
        let reason =
            Reason { joined_at, source, purpose: "The Bread letter", frequency: "Every Thursday", zone: &zone };
        let reason = reason_line(&words, Locale::En, &reason);
        let reasoned = Instant::now();
        let person = PersonView::new().first_name("Giulia").language("it").country("IT").field("city", "Torino");
        let leave = format!("https://letters.nordicbakery.example/l/AQEAvuD4kQ2mT0c9w3xY7zR1{i}");
        let choices = format!("https://letters.nordicbakery.example/c/AQEAp2m9Qx0V5sB8nK4tH6jL{i}");
        let under = Furniture {
            reason: &reason,
            leave_url: &leave,
            choices_url: &choices,
            sender: "Nordic Bakery S.r.l.",
            postal_address: "Via del Forno 12, 10122 Torino, Italy",
            locale: Locale::En,
        };
        let rendered = compiled.render(&person, &under)?;
        let made = Instant::now();
        let to = Mailbox::named("Giulia Rossi", AddrSpec::parse("giulia.rossi@posta.example")?);
        let id =
            message_id(DeliveryKey { stream: StreamNo(12), ordinal: i }, Micros(1), "letters.nordicbakery.example");
        let one_click = WebUrl::parse(&leave)?;
        let headers = Headers {
            from: &from,
            to: &to,
            reply_to: None,
            date: joined_at,
            message_id: &id,
            list: Some(List { id: &list, one_click: &one_click, mailto: None }),
            feedback_id: Some(&feedback),
            auto_generated: false,
        };
        out.clear();
        Message::build_into(&mut out, &rendered, &headers);
        black_box(&out);
        octets += out.len();
        for (all, d) in times.iter_mut().zip([reasoned - start, made - reasoned, made.elapsed()]) {
            all.push(d);
        }
    }
    // The median: whatever else runs on the machine makes some rounds long.
    let median = |mut all: Vec<std::time::Duration>| {
        all.sort_unstable();
        all[all.len() / 2].as_secs_f64() * 1e6
    };
    report(times.map(median), octets as f64 / ROUNDS as f64);
    Ok(())
}

#[expect(clippy::disallowed_macros, reason = "an example speaks to who started it")]
fn report([reason, render, mime]: [f64; 3], octets: f64) {
    println!(
        "reason line {reason:.2} us, letter {render:.2} us, MIME {mime:.2} us, {:.2} us in all",
        reason + render + mime
    );
    println!("{octets:.0} octets a mail");
}
