// An OpenID provider on loopback: the certified `oidc-provider`, with its own sign-in and consent pages (any name, any password).
// Strict where OAuth 2.1 is strict: PKCE, `iss` in every answer, a new refresh token at every refresh, and the whole grant ends
// when one is used twice.
//
// E2E_CALLBACK is the base of the redirect URIs; the client NAME has BASE/callback/NAME. /e2e is for the test alone: it tells what
// our binary has asked for. Prints `ready URL`, and ends when its standard input does.
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { Provider } from 'oidc-provider'

const callback = process.env.E2E_CALLBACK
const refreshed = ['authorization_code', 'refresh_token']
const device = 'urn:ietf:params:oauth:grant-type:device_code'

/**
 * Clients that get a refresh token only with `offline_access`, and the seconds that the first access token of a grant lives. Its
 * successors live for a minute.
 */
const absent = { 'oidc-renew': 20, 'oidc-revoke': 60, 'oidc-rotate': 8, 'oidc-served': 8 }

/** How often our binary has asked, by client, and by grant type or name of the endpoint. */
const asked = {}

const client = (client_id, rest) => ({
  client_id,
  redirect_uris: [`${callback}/callback/${client_id}`],
  response_types: ['code'],
  grant_types: refreshed,
  ...rest,
})

const configuration = {
  clients: [
    client('oidc-basic', { client_secret: 'known to the test/+%', token_endpoint_auth_method: 'client_secret_basic' }),
    client('oidc-post', { client_secret: 'known to the test', token_endpoint_auth_method: 'client_secret_post' }),
    client('oidc-public', { application_type: 'native', token_endpoint_auth_method: 'none' }),
    ...Object.keys(absent).map((name) => client(name, { application_type: 'native', token_endpoint_auth_method: 'none' })),
    client('oidc-service', {
      client_secret: 'known to the test',
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    }),
    client('oidc-device', {
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: [device, 'refresh_token'],
      redirect_uris: [],
      response_types: [],
    }),
  ],
  claims: { openid: ['sub'], profile: ['preferred_username', 'name'] },
  // A token for the userinfo endpoint may carry the name only if the scope says so; the account is whoever signed in.
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id, name: `${id} of the test` }) }),
  cookies: { keys: ['the cookies of one run'] },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    userinfo: { enabled: true },
  },
  issueRefreshToken: (_, client, { scopes }) =>
    client.grantTypeAllowed('refresh_token') && (!(client.clientId in absent) || scopes.has('offline_access')),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: {
    AccessToken: (_, token, { clientId }) => {
      if (!(clientId in absent)) return 3600
      return token.gty.endsWith('refresh_token') ? 60 : absent[clientId]
    },
    AuthorizationCode: 60,
    ClientCredentials: 600,
    DeviceCode: 600,
    Grant: 86400,
    IdToken: 3600,
    Interaction: 3600,
    RefreshToken: 86400,
    Session: 86400,
  },
}

async function count(ctx, next) {
  await next()
  const { client, params, route } = ctx.oidc ?? {}
  const name = client?.clientId ?? params?.client_id
  if (!name || !ctx.get('user-agent').startsWith('grantkeep/')) return
  const what = route === 'token' ? params.grant_type : route
  asked[name] ??= {}
  asked[name][what] = (asked[name][what] ?? 0) + 1
  // The first refresh is done, but its answer takes a while: all who begin at once have begun by then.
  if (absent[name] === 8 && what === 'refresh_token' && asked[name][what] === 1) await setTimeout(1000)
}

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, configuration)
  for (const event of ['authorization.error', 'grant.error', 'device_authorization.error', 'server_error']) {
    provider.on(event, (_, error) => console.error(`${event}: ${error.error ?? error.message} ${error.error_detail ?? ''}`))
  }
  provider.use(count)
  const answer = provider.callback()
  server.on('request', (request, response) => {
    if (request.url === '/e2e') response.end(JSON.stringify({ asked }))
    else answer(request, response)
  })
  console.log(`ready ${issuer}`)
})
process.stdin.on('end', () => process.exit(0)).resume()
