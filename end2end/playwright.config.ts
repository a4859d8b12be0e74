import path from 'node:path';
import { defineConfig, devices } from '@playwright/test';

// What Chromium would keep in the home folder of whoever runs the tests.
const browserHome = path.resolve(import.meta.dirname, '../target/chromium');

// Two projects run the same journeys: the pages must work before WebAssembly has loaded, and without it.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: process.env.TESSERA_TEST_REPORT ?? 'test-results/report.json' }]],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1280, height: 900 },
    screenshot: 'only-on-failure',
    launchOptions: {
      // Debian's Chromium. The flags keep it from calling home and let it run as root in a container.
      executablePath: process.env.TESSERA_TEST_CHROMIUM ?? '/usr/bin/chromium',
      env: { ...process.env, XDG_CONFIG_HOME: browserHome, XDG_CACHE_HOME: browserHome },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'js', use: { javaScriptEnabled: true } },
    // `@once`: a test that opens no page, and so has nothing to gain from a second run. `@js`: one of what needs script.
    { name: 'nojs', use: { javaScriptEnabled: false }, grepInvert: /@once|@js/ },
  ],
});
