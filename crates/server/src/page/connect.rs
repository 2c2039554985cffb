//! Owns the page behind a connect link: who asks for what, and the one button that goes on. Who came by a renewal link is told what
//! it renews.

use grantkeep_core::{Flow, Owner, Provider, Timestamp};
use grantkeep_keeper::Invitation;
use http::StatusCode;

use super::{Forms, Frame, Markup, name_of};
use crate::reply::Response;

/// What the page is made of.
#[derive(Debug)]
pub(crate) struct Connecting<'a> {
    pub(crate) invitation: &'a Invitation,
    /// Of the link: it stands in the page's own form.
    pub(crate) ticket: &'a str,
    /// Where the browser found this page.
    pub(crate) host: &'a str,
    pub(crate) now: Timestamp,
}

/// The page behind a connect link.
pub(crate) fn connect(frame: Frame<'_>, connecting: &Connecting<'_>) -> Response {
    let Connecting { invitation, ticket, host, .. } = connecting;
    let place = place_of(&invitation.provider, invitation.server.as_deref());
    let mut main = Markup::default();
    let purpose = if invitation.by_link { "Renew access to" } else { "Connect to" };
    main.put("<main>\n<h1>").put(purpose).put(" ").foreign(&place).put("</h1>\n");
    main.put("<p class=\"lead\">Grantkeep at <strong>").foreign(host);
    match &invitation.account {
        Some(account) if invitation.by_link => {
            main.put("</strong> needs a new token for <strong>").foreign(account.as_str());
            main.put("</strong> at <strong>").foreign(&place);
            main.put("</strong>. Use that account there: another one is refused.</p>\n");
        }
        _ => {
            main.put("</strong> asks for access to your account at <strong>").foreign(&place).put("</strong>.</p>\n");
        }
    }
    facts(&mut main, connecting);
    main.put(if invitation.by_link {
        "<p>A link in a message brought you here. <strong>Go on only if that message is from your own Grantkeep:</strong> whoever runs the one that sent it will hold the access.</p>\n"
    } else {
        "<p><strong>Go on only if you began this login yourself:</strong> whoever began it will hold the access.</p>\n"
    });
    if invitation.takes_paste {
        main.put("<h2>1. Allow access</h2>\n");
    }
    go_on(&mut main, frame, invitation, ticket);
    if invitation.takes_paste {
        bring_back(&mut main, frame, connecting);
    } else {
        main.put("<p class=\"quiet\">You sign in and decide on the page that opens next; Grantkeep does not see your password there.</p>\n");
    }
    main.put("</main>\n");
    frame.page(StatusCode::OK, &format!("{purpose} {place}"), Forms::Some, &main)
}

/// The server, where the provider has several; otherwise the provider.
pub(super) fn place_of(provider: &Provider, server: Option<&str>) -> String {
    match (provider, server) {
        (Provider::Mastodon, Some(server)) => server.split_once("://").map_or(server, |(_, host)| host).to_owned(),
        (provider, _) => name_of(provider).to_owned(),
    }
}

/// What the heading does not say.
fn facts(main: &mut Markup, connecting: &Connecting<'_>) {
    let Connecting { invitation, host, .. } = connecting;
    main.put("<dl>\n");
    where_and_whose(main, &invitation.provider, invitation.server.as_deref(), host, &invitation.owner);
    if invitation.is_punycode {
        fact(main, "Look twice", "the name of this server has letters that may look like others");
    }
    if let Some(account) = &invitation.account {
        fact(main, if invitation.by_link { "Renews" } else { "Under the name" }, account.as_str());
    }
    main.put("<div><dt>Asks for</dt><dd>");
    let mut scopes =
        invitation.scope.iter().flat_map(|scope| scope.split([' ', ','])).filter(|word| !word.is_empty()).peekable();
    if scopes.peek().is_none() {
        main.put("what the provider gives unasked");
    } else {
        main.put("<ul class=\"scopes\">");
        for scope in scopes {
            main.put("<li><code>").foreign(scope).put("</code></li>");
        }
        main.put("</ul>");
    }
    main.put("</dd></div>\n");
    let minutes = invitation.expires_at.since(connecting.now).seconds().div_ceil(60);
    let left = if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") };
    fact(main, "Link works", &format!("once, for another {left}"));
    main.put("</dl>\n");
}

/// At which provider, and for whom it is kept here.
pub(super) fn where_and_whose(main: &mut Markup, provider: &Provider, server: Option<&str>, host: &str, owner: &Owner) {
    match (provider, server) {
        (Provider::Mastodon, Some(_)) => fact(main, "Provider", name_of(provider)),
        (_, Some(server)) => fact(main, "Server", server),
        (_, None) => {}
    }
    main.put("<div><dt>Kept by</dt><dd>Grantkeep at ").foreign(host).put(", for <code>");
    main.foreign(owner.as_str()).put("</code></dd></div>\n");
}

pub(super) fn fact(main: &mut Markup, name: &'static str, value: &str) {
    main.put("<div><dt>").put(name).put("</dt><dd>").foreign(value).put("</dd></div>\n");
}

/// The form that spends the ticket. Where the answer must be brought back by hand, this page stays open for it.
fn go_on(main: &mut Markup, frame: Frame<'_>, invitation: &Invitation, ticket: &str) {
    let host = authority(&invitation.goes_to);
    begin_form(main, frame, ticket);
    if invitation.takes_paste {
        main.put("\" target=\"_blank\" rel=\"noopener\">\n<button type=\"submit\">Open ").foreign(&host);
        main.put(" in a new tab</button>\n</form>\n");
    } else {
        main.put("\">\n<button type=\"submit\">Continue to ").foreign(&host).put("</button>\n</form>\n");
    }
}

fn bring_back(main: &mut Markup, frame: Frame<'_>, connecting: &Connecting<'_>) {
    let invitation = connecting.invitation;
    let from_vk = invitation.provider == Provider::Vk && invitation.flow == Flow::Implicit;
    main.put("<h2>2. Bring the answer back</h2>\n");
    if from_vk {
        main.put("<p>VK then opens a nearly empty page. What counts is its address: copy all of it from the address bar, and paste it here. This page then goes on by itself; where it does not, press the button.</p>\n");
    } else if let Some(redirect_uri) = &invitation.redirect_uri {
        main.put("<p>The browser is then sent to <code>").foreign(redirect_uri);
        main.put("</code>, which is not Grantkeep's. Copy the whole address of the page that opens, or the code that it shows, and paste it here. With an address this page goes on by itself; where it does not, press the button.</p>\n");
    }
    if from_vk {
        warning(main, connecting.host);
    }
    paste_box(main, frame, connecting.ticket);
    if from_vk && let Some(address) = bookmarklet(&invitation.capture_url) {
        bookmark(main, &address);
    }
}

/// The box that takes what was copied.
pub(super) fn paste_box(main: &mut Markup, frame: Frame<'_>, ticket: &str) {
    begin_form(main, frame, ticket);
    main.put("\" data-takes-paste>\n");
    main.put("<label for=\"token_data\">The address, a code or a token</label>\n");
    main.put("<textarea id=\"token_data\" name=\"token_data\" rows=\"4\" required maxlength=\"16384\" autocomplete=\"off\" autocapitalize=\"off\" spellcheck=\"false\"></textarea>\n");
    main.put("<button class=\"second\" type=\"submit\">Keep it</button>\n</form>\n");
}

/// The beginning of a form that goes to the link's own address; the tag is left open for more.
pub(super) fn begin_form(main: &mut Markup, frame: Frame<'_>, ticket: &str) {
    main.put("<form method=\"post\" action=\"").text(frame.root).put("/connect/").text(ticket);
}

fn bookmark(main: &mut Markup, address: &str) {
    main.put("<details>\n<summary>Without copying: a bookmark that brings it back</summary>\n");
    // Nothing can be dragged where there is no mouse: the style leaves this out there.
    main.put("<p class=\"drag\">Drag this to the bookmarks bar before you open VK: ");
    main.put("<a class=\"bookmarklet\" draggable=\"true\" href=\"").text(address);
    main.put("\">Bring to Grantkeep</a></p>\n");
    main.put("<p>Without a bookmarks bar, make a bookmark by hand, with this as its address: <code class=\"whole\">")
        .text(address);
    main.put("</code></p>\n");
    main.put(
        "<p>On VK's nearly empty page, open the bookmark; on some phones, by typing its name into the address bar. ",
    );
    main.put("The browser comes back here with the answer, and the token leaves the history. ");
    main.put("It must be this browser. Opened on this page, the bookmark does nothing.</p>\n</details>\n");
}

/// What VK itself says about copying the address, and why it is done here all the same.
fn warning(main: &mut Markup, host: &str) {
    main.put("<div class=\"note\">\n<p><strong>VK's page warns you</strong> not to copy its address for other sites: ");
    main.put("<q lang=\"ru\">Пожалуйста, не копируйте данные из адресной строки для сторонних сайтов.</q></p>\n");
    main.put("<p>The warning is right. Whoever has that address can use your account, within what you allowed, until the token ends, which is usually a day. ");
    main.put("Here you hand it to Grantkeep at <strong>").foreign(host);
    main.put("</strong>, which keeps it encrypted, asks VK about it, and hands it out to programs that have a key for that. Do so only if you trust whoever runs it, paste it nowhere else, and close VK's page afterwards.</p>\n</div>\n");
}

/// A `javascript:` address that carries the fragment of the page it is clicked on to our own. Taken from a bookmark, it is not
/// subject to the page's policy. None for an address that would need escaping on its way through two languages.
fn bookmarklet(capture_url: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/.-_[]".contains(&byte);
    let address = || format!("javascript:location.replace('{capture_url}'+location.search+location.hash)");
    capture_url.bytes().all(plain).then(address)
}

/// Host and port of an address.
fn authority(url: &url::Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    }
}
