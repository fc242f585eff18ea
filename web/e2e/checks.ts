import { AxeBuilder } from '@axe-core/playwright';
import type { Page, Response } from '@playwright/test';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What a page does while it is open that a public page must not. Start it before the page loads. */
export class Watch {
  readonly problems: string[] = [];

  constructor(page: Page, origins: Iterable<string>) {
    const allowed = new Set(origins);
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      // A page that says "not found", "run out" or "look again" has that status, and the browser notes it.
      const own = message.location().url === page.url() || page.url() === 'about:blank';
      if (own && /status of (404|410|422) /.test(message.text())) return;
      // A mail's frame is sandboxed: the scripts that the tools of this test put into every frame are stopped there.
      if (/^Blocked script execution in .* frame is sandboxed/.test(message.text())) return;
      this.problems.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.problems.push(`script error: ${error.message}`));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (['http:', 'https:', 'ws:', 'wss:'].includes(protocol) && !allowed.has(origin)) {
        this.problems.push(`request to another host: ${request.url()}`);
      }
    });
  }
}

/** The policy that lets a page run no script, whatever gets into it (FRONTEND 7). */
export function policyProblems(response: Response | null): string[] {
  const policy = response?.headers()['content-security-policy'];
  if (!policy) return ['no Content-Security-Policy'];
  const directives = new Map(
    policy.split(';').map((part) => {
      const [name = '', ...values] = part.trim().split(/\s+/);
      return [name.toLowerCase(), values.join(' ')] as const;
    }),
  );
  const problems: string[] = [];
  if (directives.get('default-src') !== "'none'") problems.push(`default-src is not 'none': ${policy}`);
  for (const name of ['script-src', 'script-src-elem', 'script-src-attr']) {
    const value = directives.get(name);
    if (value !== undefined && value !== "'none'") problems.push(`${name} allows scripts: ${policy}`);
  }
  return problems;
}

/** Scripts in the page: elements, handlers in attributes, javascript: links. There are to be none. */
export async function scriptProblems(page: Page): Promise<string[]> {
  const found = await page.locator('css=*').evaluateAll((elements) =>
    elements.flatMap((element) => {
      const what: string[] = [];
      if (element.localName === 'script') what.push('a script element');
      for (const { name, value } of Array.from(element.attributes)) {
        if (name.startsWith('on')) what.push(`${element.localName} has ${name}`);
        if (/^\s*javascript:/i.test(value)) what.push(`${element.localName} has a javascript: ${name}`);
      }
      return what;
    }),
  );
  return found.map((what) => `script: ${what}`);
}

/** Content that is wider than the window, with the elements that stick out. */
export async function overflowProblems(page: Page): Promise<string[]> {
  return page.locator('html').evaluate((html) => {
    const width = html.clientWidth;
    if (html.scrollWidth <= width) return [];
    const wide = Array.from(html.querySelectorAll('body *'))
      .filter((element) => element.getBoundingClientRect().right > width + 0.5)
      .slice(0, 5)
      .map((element) => `${element.localName}${element.id ? `#${element.id}` : ''}`);
    return [`scrolls sideways: ${html.scrollWidth} px in a window of ${width}; sticking out: ${wide.join(', ')}`];
  });
}

/** axe's findings. Needs JavaScript in the context: without it axe waits for ever, as it does on sandboxed frames
 *  unless it is in its legacy mode. */
export async function axeProblems(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).setLegacyMode(true).analyze();
  return violations.map(({ id, help, nodes }) => {
    const where = nodes.map((node) => node.target.join(' ')).join(', ');
    return `axe ${id}: ${help} (${where})`;
  });
}

/** All of them, of a page that is open. */
export async function problemsOf(page: Page, response: Response | null, scripts: boolean): Promise<string[]> {
  return [
    ...policyProblems(response),
    ...(await scriptProblems(page)),
    ...(await overflowProblems(page)),
    ...(scripts ? await axeProblems(page) : []),
  ];
}
