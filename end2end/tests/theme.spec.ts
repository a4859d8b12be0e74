import { button } from '../support/dashboard.ts';
import { test } from '../support/populated.ts';
import { expect, type Page, visit } from '../support/test.ts';

/** What the page is painted on. */
function ground(page: Page): Promise<string> {
  return page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
}

test('the chosen theme is kept, whatever the system says', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await visit(page, '/clients');
  const light = await ground(page);
  await expect(button(page, 'System theme')).toHaveAttribute('aria-pressed', 'true');

  await button(page, 'Dark theme').click();
  await expect(button(page, 'Dark theme')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => ground(page)).not.toBe(light);
  const dark = await ground(page);

  await page.goto('/keys');
  expect(await ground(page)).toBe(dark);
  await visit(page, '/keys');
  await expect(button(page, 'Dark theme')).toHaveAttribute('aria-pressed', 'true');

  await button(page, 'System theme').click();
  await expect.poll(() => ground(page)).toBe(light);
  await expect(button(page, 'System theme')).toHaveAttribute('aria-pressed', 'true');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => ground(page)).toBe(dark);

  await button(page, 'Light theme').click();
  await expect.poll(() => ground(page)).toBe(light);
  await visit(page, '/keys');
  expect(await ground(page)).toBe(light);
});

test('nothing glides to its new colour for those who asked for less motion', { tag: '@js' }, async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await visit(page, '/clients');
  const light = await ground(page);
  const gliding = await page.evaluateHandle(() => {
    const seen: string[] = [];
    document.addEventListener('transitionrun', (event) => seen.push(`${event.propertyName} of ${(event.target as Element).localName}`));
    return seen;
  });

  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => ground(page)).not.toBe(light);
  // The events of a frame come at the beginning of the next.
  await page.evaluate(() => new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame))));
  expect(await gliding.jsonValue()).toEqual([]);
});
