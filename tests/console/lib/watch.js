// Everything that must not happen in a page: console messages, exceptions, CSP reports, failed requests, dialogs.

/** Chromium says this on its console for each response from 400 on, which is judged by the response. */
const ABOUT_A_RESPONSE = /^Failed to load resource/;

export class Watch {
  constructor() {
    this.problems = [];
    this.expected = [];
    /** While the server is away, requests fail. */
    this.outage = false;
  }

  /** Watches a page from its beginning. */
  async attach(page) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !ABOUT_A_RESPONSE.test(message.text())) {
        this.note(`console.${message.type()}: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => this.note(`exception: ${error.stack || error}`));
    page.on('crash', () => this.note('the page crashed'));
    page.on('dialog', (dialog) => {
      this.note(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on('response', (response) => {
      const path = new URL(response.url()).pathname;
      if (response.status() < 400 || this.#isExpected(response.status(), path)) return;
      this.note(`${response.status()} for ${response.request().method()} ${path}`);
    });
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // The page ends its own requests when a view closes.
      if (this.outage || why === 'net::ERR_ABORTED') return;
      this.note(`${why} for ${request.method()} ${request.url()}`);
    });
    await page.exposeBinding('noteViolation', (_, text) => this.note(`CSP: ${text}`));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        window.noteViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`);
      });
    });
  }

  note(problem) {
    this.problems.push(problem);
  }

  /** Lets responses of this status through, to paths that match. The test has to see one. */
  expect(status, path) {
    this.expected.push({ status, path, seen: 0 });
  }

  #isExpected(status, path) {
    const found = this.expected.find((one) => one.status === status && one.path.test(path));
    if (found) found.seen += 1;
    return Boolean(found) || (this.outage && status >= 502);
  }

  /** Throws if there was a problem, or an expected refusal did not come. */
  check() {
    const missing = this.expected.filter(({ seen }) => seen === 0);
    const found = [...this.problems, ...missing.map(({ status, path }) => `no ${status} came from ${path}`)];
    if (found.length > 0) throw new Error(`in the page:\n  ${found.join('\n  ')}`);
  }
}
