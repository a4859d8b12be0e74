import { button, enter, showSecret } from '../support/dashboard.ts';
import { type Populated, test as populatedTest } from '../support/populated.ts';
import { axe, type Complaints, expect, hasJs, hydrated, noLayoutShift, type Page, test, visit } from '../support/test.ts';

// Every page, whatever stands on it: its status, one heading, a title, nothing that axe finds in either theme, nothing that
// moves while it loads, and nothing that sticks out at the width of a telephone or of a small window.

/** The pages of a server with an admin and nothing else. */
const empty: Record<string, string> = {
  overview: '/',
  clients: '/clients',
  'new client': '/clients/new',
  apis: '/apis',
  'new API': '/apis/new',
  keys: '/keys',
  'logs that nothing passes': '/logs?type=feccft',
  'explain a token or an error': '/logs/explain',
  'API reference': '/reference',
  'API reference, nobody to try it as': '/reference?op=post_clients',
};

/** The pages of a server that holds more than a page of everything. */
const full: Record<string, string | ((has: Populated) => string)> = {
  overview: '/',
  clients: '/clients',
  'clients, second page, newest first': '/clients?sort=newest&page=2',
  'clients that are not there': '/clients?q=nothing-has-this-name',
  'clients beyond the last page': '/clients?page=9',
  'client settings': ({ billing }) => `/clients/${billing.client_id}/settings`,
  'client settings, two secrets': ({ portal }) => `/clients/${portal.client_id}/settings?unused=1`,
  'found secret': '/clients/leaked?result=mistyped',
  'found secret of a client': ({ portal, second }) => `/clients/leaked?client=${portal.client_id}&secret=${second.id}`,
  'client secret': ({ billing }) => `/clients/${billing.client_id}/secret`,
  'client authentication, no key': ({ billing }) => `/clients/${billing.client_id}/authentication`,
  'client authentication': ({ portal }) => `/clients/${portal.client_id}/authentication`,
  'client APIs': ({ billing }) => `/clients/${billing.client_id}/apis`,
  'client usage': ({ billing }) => `/clients/${billing.client_id}/usage`,
  'client usage, no tokens': ({ portal }) => `/clients/${portal.client_id}/usage`,
  'client quickstart': ({ billing }) => `/clients/${billing.client_id}/quickstart`,
  apis: '/apis',
  'API quickstart, RS256': ({ orders }) => `/apis/${orders.id}/quickstart`,
  'API quickstart, HS256': ({ stock }) => `/apis/${stock.id}/quickstart?stack=python-flask`,
  'API quickstart, curl': ({ orders }) => `/apis/${orders.id}/quickstart?stack=curl`,
  'API settings, RS256': ({ orders }) => `/apis/${orders.id}/settings`,
  'API settings, HS256': ({ stock }) => `/apis/${stock.id}/settings`,
  'API settings, system': ({ system }) => `/apis/${system.id}/settings`,
  'API scopes, many': ({ archive }) => `/apis/${archive.id}/scopes?page=2`,
  'API scopes, one being edited': ({ orders }) => `/apis/${orders.id}/scopes?edit=read:orders`,
  'API scopes, one being removed': ({ orders }) => `/apis/${orders.id}/scopes?remove=read:orders`,
  'API scopes, system': ({ system }) => `/apis/${system.id}/scopes`,
  'API clients': ({ orders }) => `/apis/${orders.id}/clients`,
  'API clients, scopes open': ({ archive, billing }) => `/apis/${archive.id}/clients?open=${billing.client_id}`,
  'API test': ({ orders }) => `/apis/${orders.id}/test`,
  'API test, with scopes': ({ stock, portal }) => `/apis/${stock.id}/test?client=${portal.client_id}&scope=read:stock`,
  'API guard': ({ orders }) => `/apis/${orders.id}/guard`,
  keys: '/keys',
  logs: '/logs',
  'logs, filtered': '/logs?type=feccft',
  'log entry of a change': ({ changed }) => `/logs/${changed}`,
  'log entry of a refusal': ({ refused }) => `/logs/${refused}`,
  'API reference, one that reads': '/reference?op=get_resource-servers',
  'API reference, one that changes': '/reference?op=patch_clients_by_id',
  'API reference, filtered': '/reference?q=rotate',
};

/** Addresses of nothing: a page that says so, with status 404. */
const missing: Record<string, string> = {
  'no such page': '/no/such/page',
  'no such client': '/clients/no-such-client/settings',
  'no such API': '/apis/no-such-api/quickstart',
  'no such log entry': '/logs/no-such-entry',
  'no such operation': '/reference?op=get_nothing',
};

test('set-up page', async ({ page }) => {
  await expectGood(page, '/setup');
});

for (const [name, path] of Object.entries(empty)) {
  test(`empty server: ${name}`, async ({ page, tessera }) => {
    await enter(page, tessera);
    await expectGood(page, path);
  });
}

populatedTest('sign-in page', async ({ page, context }) => {
  await context.clearCookies();
  await expectGood(page, '/sign-in');
});

for (const [name, path] of Object.entries(full)) {
  populatedTest(`full server: ${name}`, async ({ page, populated }) => {
    await expectGood(page, typeof path === 'string' ? path : path(populated));
  });
}

for (const [name, path] of Object.entries(missing)) {
  populatedTest(name, async ({ page, complaints }) => {
    await expectGood(page, path, 404, complaints);
  });
}

/** What opens on a page: its address, and how it is opened. */
const opened: Record<string, { path: string | ((has: Populated) => string); open: (page: Page) => Promise<void> }> = {
  'panels of a client': { path: ({ billing }) => `/clients/${billing.client_id}/settings`, open: openPanels },
  'panels of an API': { path: ({ stock }) => `/apis/${stock.id}/settings`, open: openPanels },
  'panels of the keys': { path: '/keys', open: openPanels },
  'a shown secret': {
    path: ({ billing }) => `/clients/${billing.client_id}/settings`,
    open: async (page) => void (await showSecret(page)),
  },
  'a token, explained': {
    path: ({ stock }) => `/apis/${stock.id}/test`,
    open: async (page) => {
      await button(page, 'Get a token').click();
      await expect(page.getByText('Verified by an independent library: yes')).toBeVisible();
    },
  },
  'a field with an error': {
    path: '/clients/new',
    open: async (page) => {
      await page.getByLabel('Name').fill('<');
      await button(page, 'Create client').click();
      await expect(page.getByText('Remove < and > from the name.')).toBeVisible();
    },
  },
  'the palette': {
    path: '/clients',
    open: async (page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('worker');
      await expect(page.getByRole('option').first()).toContainText('Billing worker');
    },
  },
};

for (const [name, { path, open }] of Object.entries(opened)) {
  populatedTest(`opened: ${name}`, { tag: '@js' }, async ({ page, populated, complaints }) => {
    complaints.expect(/status of 422/);
    await visit(page, typeof path === 'string' ? path : path(populated));
    await open(page);
    await expectSound(page);
  });
}

async function openPanels(page: Page): Promise<void> {
  for (const summary of await page.locator('summary').all()) await summary.click();
}

/** Asserts all that is said above of the page at this path. */
async function expectGood(page: Page, path: string, status = 200, complaints?: Complaints): Promise<void> {
  complaints?.expect(new RegExp(`status of ${status}`));
  const answer = await page.goto(path);
  expect(answer?.status()).toBe(status);
  await hydrated(page);
  await expect(page).toHaveURL(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page).toHaveTitle(/^\S.* · Tessera$/);
  if (!hasJs()) return;

  await noLayoutShift(page);
  await expectSound(page);
  await page.reload();
  await hydrated(page);
  await noLayoutShift(page);
}

/** Asserts that axe finds nothing in either theme, and that nothing sticks out. Leaves the window as narrow as a telephone. */
async function expectSound(page: Page): Promise<void> {
  // Whatever glides to its new colour would be seen half-way.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await axe(page);
  }
  for (const width of [1024, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    await expect.poll(sideways, `what sticks out of ${page.url()} at ${width} px`).toBeLessThanOrEqual(0);
  }
}
