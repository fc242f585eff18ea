/** A page to visit: `name` is also the name of its screenshot. */
export interface PublicPage {
  name: string;
  url: string;
}

/** The pages that `VOLENS_PAGES` lists, as JSON: `[{"name": "sign-up", "url": "http://127.0.0.1:1234/f/bakery"}]`. */
export function publicPages(): PublicPage[] {
  const listed: unknown = JSON.parse(process.env['VOLENS_PAGES'] ?? '[]');
  if (!Array.isArray(listed) || listed.length === 0) {
    throw new Error('VOLENS_PAGES lists no page: run `cargo xtask test browser`');
  }
  const pages = listed.map((entry: unknown) => {
    const { name, url } = entry as Partial<PublicPage>;
    if (typeof name !== 'string' || typeof url !== 'string') {
      throw new Error(`VOLENS_PAGES has an entry without name and url: ${JSON.stringify(entry)}`);
    }
    return { name, url };
  });
  const names = new Set(pages.map((page) => page.name));
  if (names.size !== pages.length) throw new Error('VOLENS_PAGES gives two pages one name');
  return pages;
}
