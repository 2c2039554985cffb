// A person at a headless Chromium: opens an address, signs in, and allows or declines, on the pages of the servers in this folder.
//
// One JSON line in, one out. In: {open, as, choose, session, code, hold, bring, screen, shot, only_look}. Out: {address, status, heading,
// text, went_to, requests, complaints, history, looks, actions} or {error}. `choose` is `allow` or `deny`. `session` names a cookie jar
// that is kept; without it each visit has its own. An address that begins with `hold` is not gone to: `went_to` tells it. `bring` is `paste` or
// `bookmark`: the connect page opens the provider's in a new tab, and the answer is brought back so. `screen` is what Playwright takes
// for a context; with `shot`, the beginning of a path, the pages of the first one's server are measured and their pictures written.
// With `only_look` nothing is done on the first page. `actions` counts what the person did: every press, and what is typed,
// copied or pasted.
// Nothing but loopback is ever reached: the resolver finds nothing else.
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
  ['form[action="/oauth/authorize"]:has(input[value=Authorize])', choose('input[value=Authorize]', 'input[value=Deny]')],
  ['form[action="/oauth/authorize"]', choose('button:text-is("Authorize")', 'button:text-is("Deny")')],
  ['form:has(button[name=auto])', choose('button[value=allow]', 'button[value=deny]')],
  ['form:has([name=person])', sayWho],
  ['form[action^="/connect/"]:has(button, input[type=submit])', press('form[action^="/connect/"] :is(button, input[type=submit])')],
]

async function signIn(page, { as }, seen) {
  seen.actions += 2
  const form = page.locator('form:has(input[type=password])').first()
  await form.locator('input[name=login], input[name=username]').fill(as)
  await form.locator('input[type=password]').fill('password')
  await form.locator('button[type=submit]').click()
}

/** The sandbox asks for no password. */
async function sayWho(page, { as }, seen) {
  const choice = page.locator(`[name=person][value="${as}"]`).first()
  await choice.click()
  if ((await choice.getAttribute('type')) !== 'radio') return
  seen.actions += 1
  await page.locator('form:has([name=person]) button').first().click()
}

async function enterCode(page, { code }, seen) {
  const field = page.locator('input[name=user_code]:not([type=hidden])').first()
  if (!(await field.inputValue())) {
    seen.actions += 1
    await field.fill(code ?? '')
  }
  await page.locator('button[type=submit], form button:not([type])').first().click()
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
  const context = sessions.get(order.session) ?? (await newContext(browser, order.screen))
  if (order.session) sessions.set(order.session, context)
  const page = await context.newPage()
  const seen = { status: null, went_to: null, requests: [], complaints: [], looks: [], actions: 0 }
  await watch(page, seen, order.hold)
  try {
    await arrive(page, () => page.goto(order.open))
    if (order.only_look) {
      await look(page, order, seen)
      return { ...(await settled(page)), ...seen, history: [] }
    }
    await goesOn(page)
    const last = order.bring ? await bring(page, order, seen) : page
    await answer(last, order, seen)
    return { ...(await settled(last)), ...seen, history: await history(last) }
  } finally {
    await (order.session ? page.close() : context.close())
  }
}

async function newContext(browser, screen) {
  const context = await browser.newContext({ locale: 'en-US', serviceWorkers: 'block', ...screen })
  context.setDefaultTimeout(PATIENCE_MS)
  return context
}

/** The page of a notice's link presses its button by itself: the person waits until it has led on. */
async function goesOn(page) {
  await page.locator('form[data-goes-on]').waitFor({ state: 'detached' })
  await page.waitForLoadState()
}

/** Does what pages want, one after the other, until one wants nothing. */
async function answer(page, order, seen) {
  for (let pages = 0; pages < PAGES; pages += 1) {
    await look(page, order, seen)
    const want = await wanted(page)
    if (!want) return
    seen.actions += 1
    await arrive(page, () => want(page, order, seen))
    // Who has declined is asked no more, even where the server begins anew.
    if (order.declined) return look(page, order, seen)
  }
  throw new Error(`still asked for something after ${PAGES} pages, at ${page.url()}`)
}

/** The connect page stays open beside a new tab with the provider's pages, and takes what those lead to. Gives back the tab that goes on. */
async function bring(page, order, seen) {
  await look(page, order, seen)
  const opened = page.context().waitForEvent('page')
  seen.actions += 1
  await page.locator('form[target=_blank] button').click()
  const tab = await opened
  await watch(tab, seen)
  await tab.waitForLoadState()
  await answer(tab, order, seen)
  if (order.bring === 'bookmark') {
    const [scheme, script] = (await page.locator('a.bookmarklet').getAttribute('href')).split(/:(.*)/s)
    if (scheme !== 'javascript') throw new Error(`the bookmark is ${scheme}:`)
    seen.actions += 1
    await arrive(tab, () => tab.evaluate(decodeURIComponent(script)))
    return tab
  }
  await page.bringToFront()
  // Something else that is pasted waits for the button.
  await paste(page, tab.url().split('#')[0])
  if (await page.locator('form:has(textarea) button').isDisabled()) throw new Error('the page sends what is no answer')
  // Copied there, pasted here: the page goes on by itself.
  seen.actions += 2
  await arrive(page, () => paste(page, tab.url()))
  return page
}

/** Into the box, in the place of what is there. */
async function paste(page, text) {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate((text) => navigator.clipboard.writeText(text), text)
  await page.locator('textarea[name=token_data]').selectText()
  await page.keyboard.press('ControlOrMeta+V')
}

/** Measures a page of ours and keeps its picture, all of it unfolded. */
async function look(page, order, seen) {
  if (!order.shot || new URL(page.url()).origin !== new URL(order.open).origin) return
  await page.waitForLoadState('networkidle')
  const look = await page.evaluate(() => {
    for (const folded of document.querySelectorAll('details')) folded.open = true
    const { scrollWidth, clientWidth } = document.documentElement
    const heights = [...document.querySelectorAll('button')].map((button) => button.getBoundingClientRect().height)
    return { address: location.pathname, too_wide: scrollWidth - clientWidth, lowest_button: Math.min(...heights) }
  })
  seen.looks.push(look)
  await page.screenshot({ path: `${order.shot}-${seen.looks.length}.png`, fullPage: true })
}

/** Every address that the back button of this tab leads to, and the one it is at. */
async function history(page) {
  const session = await page.context().newCDPSession(page)
  const { entries } = await session.send('Page.getNavigationHistory')
  return entries.map(({ url }) => url)
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
  const complain = (at, text) => seen.complaints.push({ at, text })
  page.on('console', (message) => message.type() === 'error' && complain(message.location().url || page.url(), message.text()))
  page.on('pageerror', (error) => complain(page.url(), error.message))
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
