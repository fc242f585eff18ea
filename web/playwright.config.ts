import { defineConfig } from '@playwright/test';

// `cargo xtask test browser` sets these: Debian's Chromium, the server under test, where the figures go.
const { CHROMIUM, VOLENS_URL, VOLENS_REPORT } = process.env;
if (!CHROMIUM || !VOLENS_URL) {
  throw new Error('CHROMIUM and VOLENS_URL are not set: run `cargo xtask test browser`');
}

const desktop = { width: 1280, height: 800 };

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: 2,
  retries: 0, // a page that works on the second try only does not work
  forbidOnly: true,
  timeout: 30_000,
  reporter: [['list'], ...(VOLENS_REPORT ? [['json', { outputFile: VOLENS_REPORT }] as ['json', object]] : [])],
  use: {
    baseURL: VOLENS_URL,
    trace: 'retain-on-failure',
    locale: 'en-GB',
    launchOptions: {
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox', // CI is root in a container
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  // The checks prove themselves once with scripts and once without; @script marks what cannot run without.
  projects: [
    { name: 'light', use: { viewport: desktop, colorScheme: 'light' } },
    { name: 'dark', use: { viewport: desktop, colorScheme: 'dark' }, testIgnore: 'checks.spec.ts' },
    { name: 'phone', use: { viewport: { width: 320, height: 640 }, hasTouch: true }, testIgnore: 'checks.spec.ts' },
    { name: 'nojs', use: { viewport: desktop, javaScriptEnabled: false }, grepInvert: /@script/ },
  ],
});
