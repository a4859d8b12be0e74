import { admin, button, createAdmin, enter, expectFieldError, heading, setUp, signIn } from '../support/dashboard.ts';
import { expect, hasJs, test, visit } from '../support/test.ts';

const wrong = "This e-mail address and password don't match an admin. Check both.";

test('a wrong set-up code creates nobody', async ({ page, complaints }) => {
  complaints.expect(/status of 422/);
  await visit(page, '/setup?code=not-the-one');
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await button(page, 'Create admin').click();
  await expectFieldError(page.getByLabel('Set-up code'), 'This is not the set-up code.', 'not-the-one');
  await expect(page.getByLabel('E-mail')).toHaveValue(admin.email);
  await page.goto('/');
  await expect(page).toHaveURL('/setup');
});

test('a short password is told how long it must be', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of 422/);
  await visit(page, tessera.setupUrl);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password').fill('short');
  await button(page, 'Create admin').click();
  await expectFieldError(page.getByLabel('Password'), 'Use at least 12 characters; there are 5.', 'short');

  // Without script, what was sent is gone, the code too; the address has it still.
  await visit(page, tessera.setupUrl);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  if (hasJs()) await expect(page.getByText('Strong.')).toBeVisible();
  await button(page, 'Create admin').click();
  await expect(heading(page, 'Getting started')).toBeVisible();
});

test('there is one first admin', async ({ page, tessera }) => {
  await setUp(page, tessera);
  await page.context().clearCookies();
  await page.goto(tessera.setupUrl);
  await expect(page).toHaveURL('/sign-in');
});

test('who signs in gets to the page that was asked for', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of 422/);
  await createAdmin(tessera);
  await visit(page, '/logs?type=sapi');
  await expect(page).toHaveURL('/sign-in?next=/logs%3Ftype%3Dsapi');

  await signIn(page, 'not the password');
  await expectFieldError(page.getByLabel('Password'), wrong, 'not the password');
  await expect(page.getByLabel('E-mail')).toHaveValue(admin.email);

  await signIn(page);
  await expect(page).toHaveURL('/logs?type=sapi');
  await expect(heading(page, 'Logs')).toBeVisible();
});

test('an address of another site is not followed after signing in', async ({ page, tessera }) => {
  await createAdmin(tessera);
  await visit(page, '/sign-in?next=https://evil.example/');
  await signIn(page);
  await expect(heading(page, 'Getting started')).toBeVisible();
  await expect(page).toHaveURL('/');
});

test('signing out ends the session', async ({ page, tessera }) => {
  await enter(page, tessera);
  const [cookie] = await page.context().cookies();
  await visit(page, '/clients');
  await button(page, 'Sign out').click();
  await expect(page).toHaveURL('/sign-in');
  await expect(heading(page, 'Sign in')).toBeVisible();
  await page.goto('/clients');
  await expect(page).toHaveURL('/sign-in?next=/clients');

  // Whoever kept the cookie has nothing.
  await page.context().addCookies([{ name: cookie?.name ?? '', value: cookie?.value ?? '', url: tessera.origin }]);
  await page.goto('/clients');
  await expect(page).toHaveURL('/sign-in?next=/clients');
});

test('the session is kept from scripts and other sites, and outlives a restart', async ({ page, tessera }) => {
  await createAdmin(tessera);
  await visit(page, '/sign-in');
  await signIn(page);
  await expect(heading(page, 'Getting started')).toBeVisible();
  const cookies = await page.context().cookies();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({ name: 'tessera_session', httpOnly: true, sameSite: 'Lax', path: '/' });

  await tessera.restart();
  await visit(page, '/clients');
  await expect(heading(page, 'Clients')).toBeVisible();
});

test('too many attempts have to wait', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of (422|429)/);
  await createAdmin(tessera);
  // The attempts of somebody else at this account.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await fetch(`${tessera.origin}/_fn/sign_in`, {
      method: 'POST',
      headers: { origin: tessera.origin },
      body: new URLSearchParams({ email: admin.email, password: `guess ${attempt}`, next: '' }),
    });
  }
  await visit(page, '/sign-in');
  await signIn(page, 'another guess');
  await expect(page.getByRole('alert').filter({ hasText: /^Too many attempts\. Wait \d+ seconds? and try again\.$/ })).toBeVisible();
  await expect(page).toHaveURL(/\/sign-in/);
});
