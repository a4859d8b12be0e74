import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { Tessera } from './tessera.ts';

export { expect, type Locator, type Page } from '@playwright/test';

/** What a page may complain about in this test, because the test provokes it. */
export class Complaints {
  private readonly seen: string[] = [];
  private readonly expected: RegExp[] = [];

  /** Lets messages like this one pass, for example the browser's own line about a status of 404. */
  expect(pattern: RegExp): void {
    this.expected.push(pattern);
  }

  add(complaint: string): void {
    this.seen.push(complaint);
  }

  unexpected(): string[] {
    return this.seen.filter((complaint) => !this.expected.some((pattern) => pattern.test(complaint)));
  }
}

interface Fixtures {
  /** A server on an empty database, for this test alone. */
  tessera: Tessera;
  complaints: Complaints;
}

/**
 * Playwright's test, with a server of its own and a page that fails the test on any console error (a violation of the
 * Content-Security-Policy is one), any uncaught exception, any answer of 500 and above, and any request to another host.
 */
export const test = base.extend<Fixtures>({
  tessera: async ({}, use, info) => {
    const tessera = await Tessera.start();
    await use(tessera);
    await tessera.dispose();
    if (info.status !== info.expectedStatus) await info.attach('server output', { body: tessera.output, contentType: 'text/plain' });
  },

  baseURL: async ({ tessera }, use) => {
    await use(tessera.origin);
  },

  complaints: async ({}, use) => {
    await use(new Complaints());
  },

  page: async ({ page, tessera, complaints }, use) => {
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.add(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => complaints.add(`uncaught: ${error.message}`));
    page.on('crash', () => complaints.add('the page crashed'));
    page.on('response', (answer) => {
      if (answer.status() >= 500) complaints.add(`${answer.status()} from ${answer.url()}`);
    });
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== tessera.origin) complaints.add(`request to another host: ${request.url()}`);
    });
    await use(page);
    expect(complaints.unexpected(), 'complaints of the page').toEqual([]);
  },
});

/** Whether this project runs JavaScript in the browser. */
export function hasJs(): boolean {
  return test.info().project.name === 'js';
}

/** Waits until the page answers to clicks by itself; without JavaScript it does at once. */
export async function hydrated(page: Page): Promise<void> {
  if (hasJs()) await expect(page.locator('body[data-hydrated]')).toBeAttached({ timeout: 20_000 });
}

/** Opens an address and waits until it is hydrated. */
export async function visit(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await hydrated(page);
}

/** Asserts that axe finds nothing on the page. It needs JavaScript; the other project serves the same HTML. */
export async function axe(page: Page): Promise<void> {
  if (!hasJs()) return;
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map((violation) => `${violation.id}: ${violation.help} (${violation.nodes.map((node) => node.html).join(' | ')})`);
  expect(found, `what axe finds on ${page.url()}`).toEqual([]);
}

/** Asserts that nothing on the page has moved while it loaded, the fonts included. */
export async function noLayoutShift(page: Page): Promise<void> {
  if (!hasJs()) return;
  const shift = await page.evaluate(async () => {
    await document.fonts.ready;
    return new Promise<number>((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
          if (!entry.hadRecentInput) sum += entry.value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 200);
    });
  });
  expect(shift, `layout shift on ${page.url()}`).toBeLessThan(0.01);
}
