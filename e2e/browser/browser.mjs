// A person at a headless Chromium: opens an address, signs in, and allows or declines, on the pages of the servers in this folder.
//
// One JSON line in, one out. In: {open, as, choose, session, code, hold}. Out: {address, status, heading, text, went_to, requests}
// or {error}. `choose` is `allow` or `deny`. `session` names a cookie jar that is kept; without it each visit has its own. An address
// that begins with `hold` is not gone to: `went_to` tells it. Nothing but loopback is ever reached: the resolver finds nothing else.
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const PATIENCE_MS = 20_000
const PAGES = 12

/** What a page can want, the first that is on it, and what the person does about it. */
const WANTS = [
  ['form:has(input[type=password])', signIn],
  ['form:has(input[name=user_code]:not([type=hidden]))', enterCode],
  ['form#authorizationForm', choose('input[name=allow]', 'input[value=Cancel]')],
  ['form:has(input[name=prompt][value=consent])', choose('button[type=submit]', 'a[href$="/abort"]')],
  ['button[form="op.deviceConfirmForm"]', choose('button[form="op.deviceConfirmForm"]:not([name])', 'button[name=abort]')],
  ['form button[name=action][value=accept]', choose('button[value=accept]', 'button[value=deny]')],
  ['form[action="/oauth/authorize"]', choose('input[value=Authorize]', 'input[value=Deny]')],
  ['form[action^="/connect/"]:has(button, input[type=submit])', press('form[action^="/connect/"] :is(button, input[type=submit])')],
]

async function signIn(page, { as }) {
  const form = page.locator('form:has(input[type=password])').first()
  await form.locator('input[name=login], input[name=username]').fill(as)
  await form.locator('input[type=password]').fill('password')
  await form.locator('button[type=submit]').click()
}

async function enterCode(page, { code }) {
  const field = page.locator('input[name=user_code]:not([type=hidden])').first()
  if (!(await field.inputValue())) await field.fill(code ?? '')
  await page.locator('button[type=submit]').first().click()
}

function choose(allow, deny) {
  return async (page, order) => {
    order.declined = order.choose === 'deny'
    await page.locator(order.declined ? deny : allow).first().click()
  }
}

function press(button) {
  return async (page) => page.locator(button).first().click()
}

async function visit(browser, sessions, order) {
  const context = sessions.get(order.session) ?? (await newContext(browser))
  if (order.session) sessions.set(order.session, context)
  const page = await context.newPage()
  const seen = { status: null, went_to: null, requests: [] }
  await watch(page, seen, order.hold)
  try {
    await arrive(page, () => page.goto(order.open))
    for (let pages = 0; pages < PAGES; pages += 1) {
      const want = await wanted(page)
      if (!want) return { ...(await settled(page)), ...seen }
      await arrive(page, () => want(page, order))
      // Who has declined is asked no more, even where the server begins anew.
      if (order.declined) return { ...(await settled(page)), ...seen }
    }
    throw new Error(`still asked for something after ${PAGES} pages, at ${page.url()}`)
  } finally {
    await (order.session ? page.close() : context.close())
  }
}

async function newContext(browser) {
  const context = await browser.newContext({ locale: 'en-US', serviceWorkers: 'block' })
  context.setDefaultTimeout(PATIENCE_MS)
  return context
}

/** Notes what the page asks for and the last place that an answer sent it to, and goes nowhere that is held. */
async function watch(page, seen, hold) {
  if (hold) {
    // Playwright's own routes do not see where a redirect leads.
    const session = await page.context().newCDPSession(page)
    session.on('Fetch.requestPaused', ({ requestId }) =>
      session.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionRefused' }).catch(() => {}),
    )
    await session.send('Fetch.enable', { patterns: [{ urlPattern: `${hold}*` }] })
  }
  page.on('request', (request) => {
    if (isVisit(page, request)) seen.went_to = sameBut(request.url(), seen.went_to)
    else seen.requests.push({ from: page.url(), method: request.method(), to: request.url() })
  })
  page.on('response', (response) => {
    if (isVisit(page, response.request())) seen.status = response.status()
    const { location } = response.headers()
    if (location) seen.went_to = new URL(location, response.url()).href
  })
}

function isVisit(page, request) {
  return request.isNavigationRequest() && request.frame() === page.mainFrame()
}

/** A request has no fragment: the answer that led to it may have told one. */
function sameBut(url, told) {
  return told?.split('#')[0] === url ? told : url
}

/** Does it, and waits for the page that it leads to; an address where nobody listens is a place to arrive at, too. */
async function arrive(page, act) {
  const loaded = page.waitForEvent('load')
  const failed = page.waitForEvent('requestfailed', (request) => request.isNavigationRequest())
  loaded.catch(() => {})
  failed.catch(() => {})
  const acted = act().catch((error) => {
    if (!/ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_ABORTED/.test(error.message)) throw error
  })
  await Promise.all([acted, Promise.race([loaded, failed])])
}

async function wanted(page) {
  for (const [selector, act] of WANTS) {
    if ((await page.locator(selector).count()) > 0) return act
  }
  return null
}

/** What the last page shows. It may read its fragment and tell the server first: that is done once it asks for nothing more. */
async function settled(page) {
  await page.waitForLoadState('networkidle')
  const heading = page.locator('h1').first()
  return {
    address: page.url(),
    heading: (await heading.count()) ? await heading.innerText() : '',
    text: await page.locator('body').innerText(),
  }
}

const browser = await chromium.launch({
  executablePath: process.env.E2E_CHROMIUM,
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
  ],
})
const sessions = new Map()
console.log(`ready chromium:${browser.version()}`)
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await visit(browser, sessions, JSON.parse(line)).catch((error) => ({ error: error.message }))
  console.log(JSON.stringify(answer))
}
await browser.close()
