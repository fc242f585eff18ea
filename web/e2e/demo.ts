import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test as base, type BrowserContext, type Page, type Response } from '@playwright/test';
import { problemsOf, Watch } from './checks';

/** Where a demo is, as `volens --json demo` says it. */
export interface Demo {
  home: string;
  form: string;
  inbox: string;
}

/** Enough people for a run of some seconds at 200 mails a second. */
const PEOPLE = '1500';

/** A demo that this test has for itself: it sends, leaves and pulls the plug. */
export const test = base.extend<{ demo: Demo; tour: Tour }>({
  demo: async ({}, use) => {
    const binary = process.env['VOLENS_BINARY'];
    if (!binary) throw new Error('VOLENS_BINARY is not set: run `cargo xtask test browser`');
    const folder = await mkdtemp(join(tmpdir(), 'volens-story-'));
    const ports = ['--home-port', '0', '--pages-port', '0', '--smtp-port', '0'];
    const child = spawn(binary, ['--json', 'demo', '--people', PEOPLE, '--folder', join(folder, 'demo'), ...ports], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (bytes: Buffer) => (log += bytes.toString()));
    const ended = new Promise((end) => child.once('exit', end));
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        await use(JSON.parse(line) as Demo);
        break;
      }
    } finally {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    }
    // A page that failed once comes again by itself, and nobody in front of it would know.
    expect(log).not.toMatch(/panicked|ERROR/);
  },
  tour: async ({ context, demo, javaScriptEnabled }, use, info) => {
    const origins = [demo.home, demo.form].map((url) => new URL(url).origin);
    await use(new Tour(context, origins, javaScriptEnabled ?? true, `test-results/screens/${info.project.name}`));
  },
});

/** Looks at each page on the way, in whatever tab it is. */
export class Tour {
  private readonly watches = new Map<Page, Watch>();
  private readonly answers = new Map<Page, Response>();
  private seen = 0;

  constructor(
    private readonly context: BrowserContext,
    origins: string[],
    private readonly scripts: boolean,
    private readonly screens: string,
  ) {
    const watch = (page: Page): void => {
      this.watches.set(page, new Watch(page, origins));
      page.on('response', (answer) => {
        const whole = answer.request().isNavigationRequest() && answer.frame() === page.mainFrame();
        if (whole) this.answers.set(page, answer);
      });
    };
    context.pages().forEach(watch);
    context.on('page', watch);
  }

  /** The page that opens in a tab of its own. It is loaded again, since its first moments were not watched yet. */
  async tab(press: () => Promise<void>): Promise<Page> {
    const [page] = await Promise.all([this.context.waitForEvent('page'), press()]);
    await page.waitForLoadState();
    await page.reload();
    return page;
  }

  /** Everything that is checked of a page, and its picture. */
  async look(page: Page, name: string): Promise<void> {
    this.seen += 1;
    await page.waitForLoadState('load'); // with its frames
    const number = String(this.seen).padStart(2, '0');
    await page.screenshot({ path: `${this.screens}/story-${number}-${name}.png`, fullPage: true });
    const problems = await problemsOf(page, this.answers.get(page) ?? null, this.scripts);
    expect([...problems, ...(this.watches.get(page)?.problems ?? ['nobody watched'])], name).toEqual([]);
    await expect(page.getByRole('heading', { level: 1 }), name).toHaveCount(1);
    await expect(page, name).toHaveTitle(/\S/);
  }
}
