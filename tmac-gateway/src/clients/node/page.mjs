// The page in headless Chromium: key, models, a streamed chat, stop, errors, small screens.
import assert from "node:assert/strict";
import chromium from "@sparticuz/chromium";
import { chromium as playwright } from "playwright-core";

const { GATEWAY_URL, GATEWAY_KEY, EXPECTED, SCREENSHOTS } = process.env;
const browser = await playwright.launch({
  executablePath: await chromium.executablePath(),
  args: ["--no-sandbox"], // Containers of CI have none to offer.
  headless: true
});

async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen = { requests: [], problems: [] };
  page.on("request", request => seen.requests.push(request.url()));
  page.on("pageerror", error => seen.problems.push(String(error)));
  page.on("console", message => {
    // Refused requests are part of this test; the browser notes each of them.
    if (message.type() === "error" && !/status of 4/.test(message.text())) {
      seen.problems.push(message.text());
    }
  });
  await page.goto(GATEWAY_URL + "/");
  return { context, page, seen };
}

async function shot(page, name) {
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
}

async function done(page) {
  await page.waitForFunction(() => !document.querySelector(".running"));
}

try {
  const { context, page, seen } = await open({ viewport: { width: 1100, height: 760 } });
  await page.waitForFunction(() => document.getElementById("status").textContent !== "");
  assert.equal(await page.textContent("#status"), "Type in a key to begin.");
  assert(await page.isDisabled("#send"));
  await shot(page, "light-empty");

  await page.fill("#key", "tmac-wrong");
  await page.waitForFunction(() => /Invalid/.test(document.getElementById("status").textContent));
  await page.fill("#key", GATEWAY_KEY);
  await page.waitForSelector('option[value="tiny"]', { state: "attached" });
  assert.equal(await page.textContent("#status"), "");

  // By keyboard alone, and as text: what looks like HTML stays text.
  await page.selectOption("#model", "tiny");
  await page.focus("#text");
  await page.keyboard.type("<img src=x onerror=alert(1)> the sun");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await done(page);
  assert.equal(
    await page.textContent(".turn.user p"), "<img src=x onerror=alert(1)> the sun\nsecond line");
  assert.equal(await page.locator(".turn img").count(), 0);
  assert.match(await page.textContent(".turn.assistant small"), /\d+ tokens? · [\d.]+ tokens\/s/);
  await page.click("#clear");
  assert.equal(await page.locator(".turn").count(), 0);

  // A model that answers slowly is stopped.
  await page.selectOption("#model", "long");
  await page.fill("#text", "Tell me something long.");
  await page.click("#send");
  await page.waitForFunction(() =>
    document.querySelector(".assistant p")?.textContent.length > 40);
  assert.equal(await page.textContent("#send"), "Stop");
  await shot(page, "light-running");
  await page.keyboard.press("Escape");
  await done(page);
  assert.match(await page.textContent(".turn.assistant small"), /stopped$/);
  const length = (await page.textContent(".assistant p")).length;
  await page.waitForTimeout(300);
  assert.equal((await page.textContent(".assistant p")).length, length);

  // The demo model says what it can do, and goes on with what is typed.
  await page.click("#clear");
  assert.match(await page.textContent("#empty"), /^Ask something\. The key stays/);
  await page.selectOption("#model", "tmac-stories");
  assert.match(await page.textContent("#empty"), /only continues simple stories/);
  assert.equal(await page.getAttribute("#text", "placeholder"), "Once upon a time");
  await shot(page, "demo-empty");
  await page.fill("#text", "Once upon a time");
  await page.click("#send");
  await done(page);
  assert.equal(await page.textContent("#status"), "");
  assert.match(await page.textContent(".assistant p"), /[a-z]+ [a-z]+/);
  await shot(page, "demo");

  // An error within a stream is told, and the question can be sent again.
  await page.click("#clear");
  await page.selectOption("#model", "broken");
  await page.fill("#text", "Will this work?");
  await page.click("#send");
  await done(page);
  assert.match(await page.textContent("#status"), /took too long/);

  // Nothing is kept, and nobody else is asked.
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);
  assert.deepEqual(await context.cookies(), []);
  assert(seen.requests.every(url => url.startsWith(GATEWAY_URL) || url.startsWith("data:")),
    seen.requests.join("\n"));
  assert.deepEqual(seen.problems, []);
  await context.close();

  // What runs in the page cannot load from elsewhere: the policy forbids it.
  const strict = await open({});
  const loaded = await strict.page.evaluate(() => new Promise(resolve => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'taken'";
    document.body.append(script);
    fetch("http://127.0.0.2:1/").then(() => resolve("reached"), () => resolve(document.title));
  }));
  assert.equal(loaded, "tmac");
  await strict.context.close();

  for (const [name, options] of Object.entries({
    dark: { viewport: { width: 1100, height: 760 }, colorScheme: "dark" },
    small: { viewport: { width: 360, height: 640 }, colorScheme: "dark", isMobile: true }
  })) {
    const view = await open(options);
    await view.page.fill("#key", GATEWAY_KEY);
    await view.page.waitForSelector('option[value="tiny"]', { state: "attached" });
    for (const question of ["What is a table lookup?", "And what does it replace?"]) {
      await view.page.selectOption("#model", "prose");
      await view.page.fill("#text", question);
      await view.page.keyboard.press("Enter");
      await done(view.page);
    }
    await shot(view.page, name);
    const wide = await view.page.evaluate(() =>
      document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert(!wide, name + " scrolls sideways");
    assert.deepEqual(view.seen.problems, []);
    await view.context.close();
  }

  // The model's own words arrive whole.
  const words = await open({});
  await words.page.fill("#key", GATEWAY_KEY);
  await words.page.waitForSelector('option[value="tiny"]', { state: "attached" });
  await words.page.selectOption("#model", "prose");
  await words.page.fill("#text", "the sun");
  await words.page.keyboard.press("Enter");
  await done(words.page);
  assert.equal(await words.page.textContent(".assistant p"), EXPECTED);
} finally {
  await browser.close();
}
console.log("page ok");
