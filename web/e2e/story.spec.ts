// The demo's story, pressed in a browser: every page on the way is looked at as pages.spec.ts looks at those that open.
import { expect, type Page } from '@playwright/test';
import { test, type Demo } from './demo';

const LEA = 'lea.morgen@posta.example';
const MARTA = 'marta.rinaldi@posta.example';
const GRETA = 'greta.lindqvist@posta.example';
const SECOND = 'The cardamom buns are back';

/** The mails to an address, newest first, once there are at least so many. */
async function mails(page: Page, demo: Demo, to: string, least: number): Promise<string[]> {
  const links = page.locator('.mails a');
  const count = async () => {
    await page.goto(`${demo.inbox}?to=${encodeURIComponent(to)}`);
    return links.count();
  };
  await expect.poll(count, { timeout: 10_000 }).toBeGreaterThanOrEqual(least);
  return links.allTextContents();
}

/** How many are sent, as the equation says; the equation must hold. */
async function sent(page: Page): Promise<number> {
  const books = await page.frameLocator('.live').locator('#books').textContent();
  expect(books).toContain(' = ');
  return Number(/([\d,]+) sent/.exec(books ?? '')?.[1]?.replaceAll(',', '') ?? 0);
}

/** Waits until the newest letter is done, then opens the home page held still. */
async function done(page: Page, demo: Demo): Promise<void> {
  const state = async () => {
    await page.goto(`${demo.home}live?still=1`);
    return page.locator('.state').first().textContent();
  };
  await expect.poll(state, { timeout: 40_000 }).toBe('done');
  await page.goto(`${demo.home}?still=1`);
}

test('the whole story', async ({ page, demo, tour }) => {
  test.setTimeout(180_000);
  const live = page.frameLocator('.live');

  await page.goto(`${demo.home}?still=1`);
  await tour.look(page, 'home-before');
  const form = await tour.tab(() => page.getByRole('link', { name: 'Sign-up form' }).click());
  await form.locator('#send').click();
  await expect(form.getByRole('alert')).toBeVisible();
  await tour.look(form, 'signup-errors');
  await form.locator('#email').fill('lea.morgen@gmial.com');
  await form.locator('#name').fill('Lea');
  await form.locator('#box-1').check();
  await form.waitForTimeout(2_200); // a form that comes back sooner was filled in by a program
  await form.locator('#send').click();
  await tour.look(form, 'signup-slip');
  await form.locator('#email').fill(LEA);
  await form.locator('#send').click();
  await expect(form.getByText(LEA)).toBeVisible();
  await tour.look(form, 'thanks');
  await form.locator('button.btn').last().click();
  await tour.look(form, 'thanks-again');
  await form.close();

  await page.getByRole('navigation').getByRole('link', { name: 'Inbox' }).click();
  await mails(page, demo, LEA, 2);
  await tour.look(page, 'inbox');
  await page.locator('.mails a').first().click();
  await tour.look(page, 'confirmation-mail');
  const confirm = await tour.tab(() => page.frameLocator('.letter').locator('a[href*="/c/"]').first().click());
  const link = confirm.url();
  await tour.look(confirm, 'confirm');
  await confirm.locator('button.main').click();
  await expect(confirm.getByRole('heading', { level: 1 })).toContainText('Lea');
  await tour.look(confirm, 'welcome');
  const began = Date.now();
  const [welcome] = await mails(page, demo, LEA, 3);
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(welcome).toMatch(/welcome/i);
  await confirm.goto(link);
  await tour.look(confirm, 'used');
  await confirm.close();

  await page.goto(demo.home);
  await live.getByRole('button', { name: 'Send it' }).click();
  await expect(live.locator('#books')).toBeVisible({ timeout: 15_000 });
  await expect.poll(() => sent(page), { timeout: 15_000 }).toBeGreaterThan(0);
  const first = await sent(page);
  await expect.poll(() => sent(page), { timeout: 15_000 }).toBeGreaterThan(first);
  await live.getByRole('button', { name: 'Pull the plug' }).click();
  await expect(page.getByRole('status')).toContainText('signal 9');
  await expect(live.getByText('The plug was pulled')).toBeVisible({ timeout: 30_000 });
  await expect(live.getByText('The books balance.')).toBeVisible();
  await page.goto(`${demo.home}?still=1`);
  await tour.look(page, 'home-running');
  await done(page, demo);
  await tour.look(page, 'home-done');
  await page.goto(`${demo.home}live?still=1`);
  await tour.look(page, 'live-done');

  const before = await mails(page, demo, LEA, 4);
  await page.locator('.mails a').first().click();
  await tour.look(page, 'letter');
  await page.getByRole('button', { name: 'One-click' }).click();
  await expect(page.getByRole('status')).toContainText('left, with one click');
  await tour.look(page, 'letter-left');
  await page.getByRole('link', { name: 'May we write to them?' }).click();
  await expect(page.locator('.verdicts .deny').first()).toBeVisible();
  await tour.look(page, 'person-left');

  await mails(page, demo, MARTA, 1);
  await page.locator('.mails a').first().click();
  const leave = await tour.tab(() => page.frameLocator('.letter').locator('a[href*="/u/"]').first().click());
  const exit = leave.url();
  await tour.look(leave, 'leave');
  await leave.locator('button[value="this"]').click();
  await tour.look(leave, 'left');
  await leave.locator('button[name="back"]').click();
  await tour.look(leave, 'way-back');
  await leave.goto(exit);
  await tour.look(leave, 'leave-after');
  await leave.locator('a[href*="/p/"]').first().click();
  await tour.look(leave, 'choices');
  await leave.locator('input[name="purpose"]').last().setChecked(true);
  await leave.locator('button[name="save"]').click();
  await expect(leave.getByRole('status')).toBeVisible();
  await tour.look(leave, 'choices-saved');
  await leave.close();

  await page.goto(demo.home);
  await live.getByRole('button', { name: /Write a second letter/ }).click();
  await expect(page.getByRole('status')).toContainText(SECOND);
  await live.getByRole('button', { name: 'Send it' }).click();
  await done(page, demo);
  await mails(page, demo, GRETA, 2);
  await expect(page.locator('.mails')).toContainText('ardamom');
  expect(await mails(page, demo, LEA, 1)).toEqual(before);
  await mails(page, demo, MARTA, 1);
  await expect(page.locator('.mails')).not.toContainText('ardamom');
  await page.goto(`${demo.home}people?address=nobody@posta.example`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nobody we know.');
  await tour.look(page, 'nobody');
  await page.goto(`${demo.home}people?address=nonsense`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('That is no address.');
});
