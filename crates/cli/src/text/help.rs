//! Owns the words of `--help`: what each command and option does, with examples that work.

pub(crate) const ABOUT: &str = "Obtains OAuth tokens, keeps them alive, and hands them out.\n\nGrantkeep runs beside your cross-posters, uploaders and bots: they ask it for a live token instead of keeping one in plain text.";

pub(crate) const AFTER: &str = "\
Try it without any account:
  grantkeep serve --sandbox

The first real token:
  grantkeep login mastodon --instance mastodon.social
  grantkeep status
  grantkeep token mastodon

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a person must act,
4 the provider could not be reached or gave no clear answer, 5 no such credential, account or provider.";

pub(crate) const EVERYWHERE: &str = "Everywhere";
pub(crate) const DATA_DIR: &str = "Where data and keys are [default: the XDG data directory + /grantkeep]";
pub(crate) const CONFIG: &str = "Configuration file [default: config.toml in the data directory]";
pub(crate) const OWNER: &str = "Whose credentials [default: me]";
pub(crate) const SERVER: &str = "Work on a grantkeep server elsewhere, with the key in GRANTKEEP_API_KEY";
pub(crate) const SANDBOX: &str = "Use emulated providers on this machine, and data of their own";
pub(crate) const SANDBOX_LISTEN: &str = "First address of the emulated providers [default: 127.0.0.1:8001]";

pub(crate) const SERVE: &str =
    "Run the server: the API, renewing tokens before they end, asking again about those that are not verified";
pub(crate) const LISTEN: &str = "Address of the API [default: 127.0.0.1:8000]";

pub(crate) const LOGIN: &str = "Get a token: opens a browser, where you allow the access, and keeps what comes back";
pub(crate) const LOGIN_AFTER: &str = "\
It listens where the provider sends the browser back to: http://127.0.0.1:8000/callback/...
unless you set another address. A server that runs with the same data directory does it instead.
Ctrl-C leaves nothing pending.

Without a browser on this machine: --paste, --device or --remote.

Examples:
  grantkeep login mastodon --instance mastodon.social
  grantkeep login vk
  grantkeep login acme --account work --scope openid --scope profile
  grantkeep login acme --device
  grantkeep login vk --paste
  grantkeep login mastodon --instance mastodon.social --remote";
pub(crate) const PROVIDER: &str = "Where the token comes from: vk, mastodon, or a name from [providers] in config.toml";
pub(crate) const INSTANCE: &str = "Which Mastodon (or relative): mastodon.social, @me@mastodon.social, or its address";
pub(crate) const FLOW: &str = "How the token comes, where there is a choice [default: the provider's usual one]";
pub(crate) const SCOPE: &str = "What to ask for, instead of the usual; may be given several times";
pub(crate) const DEVICE: &str = "Show a short code, to be typed on any other device (RFC 8628)";
pub(crate) const REMOTE: &str = "Show a link and a QR code, to finish on another device through the running server";
pub(crate) const NO_BROWSER: &str = "Only show the address, and wait";
pub(crate) const TIMEOUT: &str = "How long to wait for you: 90s, 5m";
pub(crate) const ACCOUNT: &str = "Name to keep it under [default: after whom it speaks for, such as vk_100001]";
pub(crate) const PASTE: &str = "Paste what comes of it at a prompt: a code, the redirected address, a token, JSON";
pub(crate) const JSON: &str = "Tell the result as one JSON document";

pub(crate) const ADD: &str = "Keep a token that you have: reads it, or its address or JSON, from standard input";
pub(crate) const ADD_AFTER: &str = "Examples:\n  grantkeep add vk < token.txt\n  wl-paste | grantkeep add vk --account my_vk\n  grantkeep add mastodon --instance mastodon.social < token.txt";

pub(crate) const STATUS: &str = "Show what is kept, in which state, and what to do next";
pub(crate) const STATUS_AFTER: &str = "\
For one account, and with --check, the exit code tells too: 3 when a person must act, 4 when nobody knows any more
(unknown), or a token that has ended is still being renewed. With --check it is also 4 when a provider gave no
clear answer now; without, an unverified token is believed.

Examples:
  grantkeep status
  grantkeep status vk/my_vk --check";
pub(crate) const TARGET: &str = "Which one: a provider, or a provider and an account, such as vk/my_vk";
pub(crate) const CHECK: &str = "Ask the providers now";

pub(crate) const TOKEN: &str = "Print the access token and a newline, nothing else";
pub(crate) const TOKEN_AFTER: &str = "\
A token with less time left than --min-ttl is renewed first, if it can be: 30 seconds at most.
One that lives and could not be renewed is printed all the same, with a warning.

Exit code 3 when a person must act, 4 when it has expired and the provider could not be reached.

Examples:
  curl -d access_token=\"$(grantkeep token vk/my_vk)\" -d v=5.199 https://api.vk.ru/method/users.get
  TOKEN=$(grantkeep token acme/work --min-ttl 30m)";
pub(crate) const MIN_TTL: &str = "How long it shall live on at least: 90s, 10m, 2h, 30d";

pub(crate) const REFRESH: &str = "Renew a token now, without a person; a running server does it by itself in time";
pub(crate) const REFRESH_AFTER: &str = "\
What can be renewed says so in grantkeep status: renews itself. When it comes to nothing,
the token that is kept works on until it ends.

Exit code 3 when a person must log in instead, 4 when the provider could not be reached or gave
no clear answer.

Examples:
  grantkeep refresh acme/work
  grantkeep refresh acme/work --json";

pub(crate) const REVOKE: &str = "Withdraw a token at its provider, then forget it here";
pub(crate) const REVOKE_AFTER: &str = "\
Some tokens cannot be withdrawn by a program, such as VK's of the implicit flow: it then says so,
and nothing is changed.

Example:
  grantkeep revoke mastodon/me@mastodon.social";

pub(crate) const PROVIDERS: &str = "Show where tokens can come from, and whether they answer";
pub(crate) const PROVIDER_LIST: &str = "List the providers that are known, and their redirect URIs";
pub(crate) const PROVIDER_TEST: &str = "Ask a provider whether it answers; no login, no token";
pub(crate) const PROVIDER_TEST_AFTER: &str = "\
Exit code 4 when it does not answer.

Examples:
  grantkeep provider test acme
  grantkeep provider test mastodon --instance mastodon.social";

pub(crate) const FORGET: &str = "Remove a credential here; the provider is not told";

pub(crate) const AUDIT: &str = "Show what was done with your credentials and keys: when, what, who, how it came out";
pub(crate) const AUDIT_AFTER: &str = "\
Examples:
  grantkeep audit | tail
  grantkeep audit --after 1200 --json
  grantkeep audit verify";
pub(crate) const AUDIT_SINCE: &str = "Only what came after the deed of that number";
pub(crate) const AUDIT_VERIFY: &str =
    "Look through the whole audit, of all owners: does each deed fit what is before it";
pub(crate) const AUDIT_VERIFY_AFTER: &str = "\
Each deed carries a hash of itself and of the hash before it, so a deed that was changed, put in
or taken out shows. That the last ones are missing does not.

Exit code 1 when one does not fit; it is named.";

pub(crate) const CALENDAR: &str = "Print the secret address of a calendar that says when you are needed";
pub(crate) const CALENDAR_AFTER: &str = "\
A running server answers at that address, without a key, to any program that reads iCalendar.
Each token whose renewal cannot be counted on is an event at its end, with alarms 6 and 2 hours before.

Examples:
  grantkeep calendar
  grantkeep calendar --renew";
pub(crate) const CALENDAR_RENEW: &str = "End the address that there is, and make a new one";

pub(crate) const NOTIFY: &str = "Try the channels by which you are told that a token needs you";
pub(crate) const NOTIFY_TEST: &str = "Send a test message over one channel, or over all of them";
pub(crate) const NOTIFY_TEST_AFTER: &str = "\
A channel is a table [notify.NAME] in config.toml: a mail, an ntfy topic, a Telegram chat,
a Gotify server, a webhook, or a program of yours. No server has to run; the channels' secrets
must be set here.

  [notify.phone]
  kind = \"ntfy\"
  url = \"https://ntfy.sh/a-topic-nobody-guesses\"

Exit code 0 when all of it was delivered, 1 when a receiver refused, 4 when one could not be reached
or gave no clear answer, 5 when there is no channel of that name.

Examples:
  grantkeep notify test
  grantkeep notify test phone";
pub(crate) const NOTIFY_NAME: &str = "Which channel: the NAME of its [notify.NAME] table [default: all]";

pub(crate) const KEY: &str = "Issue, list and revoke keys for the API";
pub(crate) const KEY_ISSUE: &str = "Issue a key and print it; it is shown only once";
pub(crate) const KEY_ISSUE_AFTER: &str = "\
status: see what is kept. submit: also begin, submit, check, refresh, revoke and delete. token: get the tokens themselves. admin: all of it.

Example:
  KEY=$(grantkeep key issue --can status,token --provider vk --ttl 90d)";
pub(crate) const CAN: &str = "What it may do, separated by commas [default: status,submit]";
pub(crate) const KEY_PROVIDER: &str = "At this provider only; may be given several times [default: all]";
pub(crate) const KEY_TTL: &str = "How long it is valid: 90s, 10m, 2h, 30d";
pub(crate) const KEY_LIST: &str = "List the keys that were issued, without the keys themselves";
pub(crate) const KEY_REVOKE: &str = "End a key at once";
pub(crate) const KEY_ID: &str = "Id of the key, such as k_0123456789abcdef";

pub(crate) const DOCTOR: &str =
    "Look at everything that can be wrong: files, keys, database, secrets, disk, notifications, VK";
