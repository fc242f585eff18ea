// The checks themselves: each is shown a page with the fault that it is for. A check that cannot fail proves nothing.
import { expect, test, type Page, type Response } from '@playwright/test';
import { axeProblems, overflowProblems, policyProblems, scriptProblems, Watch } from './checks';

const HOME = 'http://volens.test/';
const STRICT = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'";

/** Opens a page made of `body`, without any server. */
async function show(page: Page, body: string, policy?: string): Promise<Response | null> {
  await page.route('**', (route) => {
    if (route.request().url() !== HOME) return route.fulfill({ status: 204 });
    const headers = policy === undefined ? {} : { 'content-security-policy': policy };
    const html = `<!doctype html><html lang="en"><head><title>T</title></head><body><main>${body}</main></body></html>`;
    return route.fulfill({ contentType: 'text/html; charset=utf-8', headers, body: html });
  });
  return page.goto(HOME);
}

test('a good page has no problems', async ({ page, javaScriptEnabled }) => {
  const watch = new Watch(page, [new URL(HOME).origin]);
  const response = await show(page, '<h1>Bread</h1><a href="/x">More</a>', STRICT);
  expect(policyProblems(response)).toEqual([]);
  expect(await scriptProblems(page)).toEqual([]);
  expect(await overflowProblems(page)).toEqual([]);
  if (javaScriptEnabled) expect(await axeProblems(page)).toEqual([]);
  expect(watch.problems).toEqual([]);
});

test('a policy that allows scripts is seen', async ({ page }) => {
  expect(policyProblems(await show(page, '<h1>A</h1>'))).toEqual(['no Content-Security-Policy']);
  await page.unrouteAll();
  expect(policyProblems(await show(page, '<h1>A</h1>', "default-src 'self'"))).toHaveLength(1);
  await page.unrouteAll();
  expect(policyProblems(await show(page, '<h1>A</h1>', `${STRICT}; script-src 'self'`))).toHaveLength(1);
});

test('scripts are seen', async ({ page }) => {
  await show(page, '<script>1</script><p onclick="a()">b</p><a href=" JavaScript:a()">c</a>');
  expect(await scriptProblems(page)).toEqual([
    'script: a script element',
    'script: p has onclick',
    'script: a has a javascript: href',
  ]);
});

test('content wider than the window is seen', async ({ page }) => {
  await show(page, '<h1>A</h1><p id="wide" style="width: 3000px">b</p>');
  expect(await overflowProblems(page)).toEqual([expect.stringContaining('p#wide')]);
});

test('a request to another host is seen', async ({ page }) => {
  const watch = new Watch(page, [new URL(HOME).origin]);
  await show(page, '<img alt="" src="http://elsewhere.test/pixel.gif">');
  expect(watch.problems).toContainEqual('request to another host: http://elsewhere.test/pixel.gif');
});

test('what the policy stops is seen in the console', async ({ page }) => {
  const watch = new Watch(page, [new URL(HOME).origin]);
  await show(page, '<p style="color: red">a</p>', STRICT);
  await expect.poll(() => watch.problems).toContainEqual(expect.stringContaining('console: '));
});

test('what hinders people is seen @script', async ({ page }) => {
  await show(page, '<h1>A</h1><input type="text"><p style="color: #aaa; background: #fff">faint</p>');
  const problems = await axeProblems(page);
  expect(problems).toContainEqual(expect.stringContaining('axe label'));
  expect(problems).toContainEqual(expect.stringContaining('axe color-contrast'));
});
