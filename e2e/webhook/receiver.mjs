// A receiver of webhooks as its author would write it: whatever comes is verified by the reference library of Standard Webhooks.
//
// One JSON line out for each request: {verified, by_old, changed, other_id, stranger, body}. The secrets are E2E_SECRET and
// E2E_OLD_SECRET; `changed`, `other_id` and `stranger` tell whether a changed body, another message's id and somebody else's secret verify as well.
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const STRANGER = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const { E2E_SECRET: secret, E2E_OLD_SECRET: old } = process.env

function verifies(secret, body, headers) {
  try {
    new Webhook(secret).verify(body, headers)
    return true
  } catch (error) {
    console.error(error.message)
    return false
  }
}

const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  const { headers } = request
  const told = {
    verified: verifies(secret, body, headers),
    by_old: verifies(old, body, headers),
    changed: verifies(secret, `${body} `, headers),
    other_id: verifies(secret, body, { ...headers, 'webhook-id': 'another' }),
    stranger: verifies(STRANGER, body, headers),
    body,
  }
  response.writeHead(told.verified ? 204 : 401).end()
  console.log(JSON.stringify(told))
})
process.stdin.on('end', () => process.exit(0)).resume()
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${server.address().port}`))
