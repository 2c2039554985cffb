//! Owns a server's own page: what it is, what is different here, what it remembers, and everything that can be asked of it.

use super::super::Mastodon;
use super::super::cast::{PASSWORD, PEOPLE};
use super::switch;
use crate::clock::Moment;
use crate::markup::Markup;
use crate::page::framed;
use crate::reply::Page;

/// The page as things stand.
pub(in crate::mastodon) fn home(server: &Mastodon, at: Moment) -> Page {
    let personality = server.personality;
    let mut content = Markup::default();
    content
        .raw("<h1>")
        .text(personality.title)
        .raw(", to try things with</h1>\n<p class=\"lead\">This server behaves as ");
    content.text(personality.title).raw(" does where an application registers, asks for consent and keeps its token. ");
    content.raw("You need no account.</p>\n").add(&quirks(personality.quirks)).add(&try_out(&server.site.base));
    {
        let store = server.store();
        content
            .add(&switch::people(&store))
            .add(&switch::apps(&store))
            .add(&switch::tokens(&store, store.now(at.wall)));
        content.add(&switch::settings(&store.settings));
    }
    content.add(&server.desk.switches(at)).add(&scripts(&server.site.base)).add(&server.site.links());
    framed(&format!("a real {} server", personality.title), personality.title, &content, "'self'")
}

fn quirks(quirks: &[&str]) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"quirks\">\n<h2>What to know about it</h2>\n<ul>\n");
    for quirk in quirks {
        part.raw("<li>").text(quirk).raw("</li>\n");
    }
    part.raw("</ul>\n</section>\n");
    part
}

fn try_out(base: &str) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"try\">\n<h2>Sign in here</h2>\n<p>With Grantkeep, in another terminal:</p>\n<pre>");
    part.raw("grantkeep login mastodon --sandbox --instance ").text(base).raw("</pre>\n");
    part.raw("<p>Or look at the pages alone: this registers an application and asks for consent.</p>\n");
    part.raw("<form method=\"post\" action=\"/sandbox/try\"><p class=\"row\"><button>Look at the pages</button></p></form>\n");
    part.raw("</section>\n");
    part
}

fn scripts(base: &str) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"scripts\">\n<h2>For scripts</h2>\n<dl class=\"scripts\">\n");
    part.raw("<dt>Register an application</dt>\n<dd><pre>curl -s ").text(base);
    part.raw("/api/v1/apps -d client_name=Me -d redirect_uris=urn:ietf:wg:oauth:2.0:oob -d scopes=read</pre></dd>\n");
    part.raw("<dt>Allow or deny without a click: <code>auto</code> is allow or deny, <code>person</code> one of ");
    for person in &PEOPLE {
        part.code(person.username).raw(" ");
    }
    part.raw("</dt>\n<dd><pre>curl -si '").text(base);
    part.raw("/oauth/authorize?response_type=code&amp;client_id=…&amp;redirect_uri=…&amp;scope=read&amp;auto=allow&amp;person=anna'</pre></dd>\n");
    part.raw(
        "<dt>The switches of this page: <code>apps/forget</code> (<code>client_id</code>), <code>tokens/revoke</code> ",
    );
    part.raw("(<code>token</code>, <code>number</code>, <code>person</code>), <code>tokens/vacuum</code>, <code>people</code> ");
    part.raw("(<code>person</code>, <code>standing</code>), <code>limits/clear</code>, <code>settings</code>, <code>reset</code></dt>\n<dd><pre>curl -s ");
    part.text(base).raw("/sandbox/settings --json '{\"ahead\":600}'\ncurl -s ").text(base);
    part.raw("/sandbox/apps/forget --json '{}'\ncurl -s ").text(base).raw("/sandbox/state</pre></dd>\n");
    part.raw("<dt>Faults</dt>\n<dd><pre>curl -s ").text(base);
    part.raw("/sandbox/faults --json '{\"endpoint\":\"token\",\"answer\":\"http:502\",\"times\":2}'\ncurl -s ")
        .text(base);
    part.raw("/sandbox/requests</pre></dd>\n</dl>\n<p class=\"quiet\">The password of everybody, where one is asked for, is ");
    part.code(PASSWORD).raw(".</p>\n</section>\n");
    part
}
