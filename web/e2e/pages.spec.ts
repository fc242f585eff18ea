import { expect, test } from '@playwright/test';
import { problemsOf, Watch } from './checks';
import { publicPages } from './pages';

const pages = publicPages();
const origins = new Set(pages.map((page) => new URL(page.url).origin));

for (const { name, url } of pages) {
  test(name, async ({ page, javaScriptEnabled }, info) => {
    const watch = new Watch(page, origins);
    const response = await page.goto(url, { waitUntil: 'load' });
    // Kept even when the page is wrong: then most of all.
    await page.screenshot({ path: `test-results/screens/${info.project.name}/${name}.png`, fullPage: true });

    const problems = await problemsOf(page, response, javaScriptEnabled ?? true);
    expect([...problems, ...watch.problems]).toEqual([]);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    await expect(page).toHaveTitle(/\S/);
  });
}
