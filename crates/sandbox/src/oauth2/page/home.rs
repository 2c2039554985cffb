//! Owns the page about the emulated server itself: what it can do, its settings, and the switches for faults.

use super::framed;
use crate::clock::Moment;
use crate::markup::Markup;
use crate::oauth2::cast::PEOPLE;
use crate::oauth2::setting::{Pkce, Rotation, Settings};
use crate::oauth2::{CLIENT_ID, CLIENT_SECRET, OAuth2, PUBLIC_CLIENT_ID};
use crate::reply::Page;

/// The page as things stand.
pub(in crate::oauth2) fn page(server: &OAuth2, at: Moment) -> Page {
    let base = &server.site.base;
    let mut content = Markup::default();
    content.raw(
        "<h1>An OAuth 2.0 server to try things with</h1>\n<p class=\"lead\">A plain server by the standards, OpenID ",
    );
    content.raw(
        "Connect included, on this computer. Sign in with a click, allow or deny, and then let it misbehave.</p>\n",
    );
    content.add(&how_to(base)).add(&try_it(base)).add(&settings(&server.settings()));
    content.add(&server.desk.switches(at)).add(&scripts(base)).add(&server.site.links());
    framed("OAuth 2.0", &content, "'self'")
}

fn how_to(base: &str) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"client\">\n<h2>How to reach it</h2>\n<dl class=\"words\">\n");
    for (name, value) in [("Issuer", base), ("Client id", CLIENT_ID), ("Client secret", CLIENT_SECRET)] {
        part.raw("<dt>").raw(name).raw("</dt><dd>").code(value).raw("</dd>\n");
    }
    part.raw("<dt>Without a secret</dt><dd>").code(PUBLIC_CLIENT_ID).raw(", with PKCE</dd>\n");
    part.raw("<dt>Redirect URIs</dt><dd>any at http on 127.0.0.1, [::1] or localhost</dd>\n");
    part.raw("<dt>People</dt><dd>");
    for (at, person) in PEOPLE.iter().enumerate() {
        part.raw(if at == 0 { "<bdi>" } else { ", <bdi>" }).text(person.name).raw("</bdi> ").code(person.username);
    }
    part.raw("</dd>\n<dt>Everything else</dt><dd><a href=\"/.well-known/oauth-authorization-server\">the metadata</a></dd>\n");
    part.raw("</dl>\n</section>\n");
    part
}

fn try_it(base: &str) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"try\">\n<h2>See the pages</h2>\n<p>The answer comes back to this page: look at the ");
    part.raw("address bar.</p>\n<form method=\"get\" action=\"/authorize\">\n<input type=\"hidden\" name=\"client_id\" value=\"");
    part.text(CLIENT_ID).raw("\">\n<input type=\"hidden\" name=\"redirect_uri\" value=\"").text(base).raw("/\">\n");
    part.raw("<input type=\"hidden\" name=\"state\" value=\"a-state\">\n<div class=\"grid pairs\">\n");
    part.raw("<label class=\"field\">Kind <select name=\"response_type\"><option value=\"code\">code</option>");
    part.raw("<option value=\"token\">token (implicit)</option></select></label>\n");
    part.raw("<label class=\"field\">Scopes <input name=\"scope\" value=\"openid profile read\"></label>\n</div>\n");
    part.raw("<p class=\"row\"><button>Go to the authorize page</button> <a class=\"button quiet\" href=\"/device\">Connect a device</a></p>\n");
    part.raw("</form>\n</section>\n");
    part
}

fn settings(now: &Settings) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"settings\">\n<h2>What kind of server it is</h2>\n");
    part.raw("<form method=\"post\" action=\"/sandbox/settings\">\n<div class=\"grid pairs\">\n");
    part.raw("<label class=\"field\">A refresh token <select name=\"rotation\">\n");
    for (value, is_on, label) in [
        ("strict", now.rotation == Rotation::Strict, "works once; used again, it ends the grant"),
        ("tolerant", now.rotation == Rotation::Tolerant, "is replaced, and works on"),
        ("none", now.rotation == Rotation::None, "stays"),
    ] {
        part.add(&option(value, is_on, label));
    }
    part.raw("</select></label>\n<label class=\"field\">PKCE <select name=\"pkce\">\n");
    part.add(&option("optional", now.pkce == Pkce::Optional, "may come"));
    part.add(&option("required", now.pkce == Pkce::Required, "must come"));
    part.raw("</select></label>\n<label class=\"field\"><code>iss</code> in its answers <select name=\"iss\">\n");
    part.add(&option("on", now.iss, "yes")).add(&option("off", !now.iss, "no")).raw("</select></label>\n");
    for (name, label, value) in [
        ("access_token_for", "Seconds of an access token", now.access_token_for),
        ("refresh_token_for", "Seconds of a refresh token", now.refresh_token_for),
        ("device_code_for", "Seconds of a device code", Some(now.device_code_for)),
        ("device_interval", "Seconds between two questions of a device", Some(now.device_interval)),
    ] {
        part.raw("<label class=\"field\">").raw(label).raw(" <input name=\"").raw(name);
        part.raw("\" inputmode=\"numeric\" pattern=\"[0-9]*\" placeholder=\"without end\" value=\"");
        if let Some(value) = value {
            part.text(value);
        }
        part.raw("\"></label>\n");
    }
    part.raw("</div>\n<p class=\"row\"><button>Set</button></p>\n</form>\n</section>\n");
    part
}

fn option(value: &'static str, is_on: bool, label: &'static str) -> Markup {
    let mut option = Markup::default();
    option.raw("<option value=\"").raw(value).raw(if is_on { "\" selected>" } else { "\">" }).raw(label);
    option.raw("</option>\n");
    option
}

fn scripts(base: &str) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"scripts\">\n<h2>For scripts</h2>\n<dl class=\"scripts\">\n");
    part.raw(
        "<dt>Allow or deny without a click; also <code>grant=read</code> for fewer rights than were asked for</dt>\n",
    );
    part.raw("<dd><pre>curl -si '").text(base).raw("/authorize?client_id=grantkeep&amp;response_type=code&amp;");
    part.raw(
        "redirect_uri=http://127.0.0.1:8000/callback/acme&amp;state=s&amp;auto=allow&amp;person=boris'</pre></dd>\n",
    );
    part.raw("<dt>Allow what a device asks for</dt>\n<dd><pre>curl -s ").text(base);
    part.raw("/device -d user_code=BCDF-GHJK -d auto=allow -d person=anna</pre></dd>\n");
    part.raw("<dt>Settings; null is without end</dt>\n<dd><pre>curl -s ").text(base);
    part.raw("/sandbox/settings --json '{\"rotation\":\"tolerant\",\"access_token_for\":60}'</pre></dd>\n");
    part.raw("<dt>Set, list and clear faults</dt>\n<dd><pre>curl -s ").text(base);
    part.raw("/sandbox/faults --json '{\"endpoint\":\"token\",\"answer\":\"set:expires_in=\\\"3600\\\"\",\"times\":1}'\ncurl -s ");
    part.text(base).raw("/sandbox/faults\ncurl -s -X DELETE ").text(base).raw("/sandbox/faults</pre></dd>\n");
    part.raw("<dt>What was asked, and forget it</dt>\n<dd><pre>curl -s ")
        .text(base)
        .raw("/sandbox/requests\ncurl -s -X DELETE ");
    part.text(base).raw("/sandbox/requests</pre></dd>\n</dl>\n</section>\n");
    part
}
