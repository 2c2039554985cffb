//! Owns the sandbox's own page: everything that it can do, and the switches for faults.

use super::{behaviour_options, framed};
use crate::behaviour::{EDITS, OUTAGES};
use crate::clock::Moment;
use crate::desk::{fault_fields, fault_items};
use crate::fault::Listed;
use crate::log::Log;
use crate::markup::Markup;
use crate::reply::Page;
use crate::vk::behaviour::RULES;
use crate::vk::cast::{APPS, COMMUNITIES, PEOPLE};
use crate::vk::code::SECRET;
use crate::vk::id::ENDPOINTS;
use crate::vk::method::METHODS;
use crate::vk::refusal::TABLE;
use crate::vk::state::{Counts, State};

/// The page as things stand.
pub(crate) fn page(state: &State, at: Moment) -> Page {
    let (faults, counts) = (state.faults().list(at.steady), state.counts().clone());
    let mut content = Markup::default();
    content.raw(
        "<h1>A VK to try things with</h1>\n<p class=\"lead\">This server plays VK’s authorize page, VK ID and API on this ",
    );
    content.raw("computer. You need no account: take a token, hand it to Grantkeep, and then let VK misbehave.</p>\n");
    content.add(&take_a_token());
    content.add(&try_id(&state.base));
    content.add(&switches(&faults));
    content.add(&asked(&counts, &state.log()));
    content.add(&who());
    content.add(&words());
    content.add(&methods());
    content.add(&scripts(&state.base));
    content.add(&state.site.links());
    framed("VK", &content, "'self'")
}

fn take_a_token() -> Markup {
    let mut form = Markup::default();
    form.raw("<section class=\"card\" id=\"token\">\n<h2>Take a token</h2>\n");
    form.raw(
        "<p>You will see who asks for what, choose who you are, and allow or deny. Afterwards the token stands in the ",
    );
    form.raw("address bar, as it does with VK: copy the whole address.</p>\n");
    form.raw(
        "<form method=\"get\" action=\"/authorize\">\n<input type=\"hidden\" name=\"response_type\" value=\"token\">\n",
    );
    form.raw("<input type=\"hidden\" name=\"v\" value=\"5.199\">\n<div class=\"grid pairs\">\n");
    form.raw("<label class=\"field\">Application <select name=\"client_id\">\n");
    for app in &APPS {
        form.raw("<option value=\"").text(app.id).raw("\">").text(&app.name).raw(" (").text(app.id).raw(")</option>\n");
    }
    form.raw(
        "</select></label>\n<label class=\"field\">Rights <input name=\"scope\" value=\"video,groups,wall\"></label>\n",
    );
    form.raw("<label class=\"field\">Communities <input name=\"group_ids\" placeholder=\"none: a person’s token\">");
    form.raw("<small>For example 200001,200002</small></label>\n");
    form.raw("<label class=\"field\">State <input name=\"state\" placeholder=\"none\"></label>\n");
    form.raw("</div>\n<p class=\"row\"><button>Go to the authorize page</button></p>\n</form>\n</section>\n");
    form
}

fn try_id(base: &str) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"id\">\n<h2>VK ID and codes</h2>\n<p>VK ID’s addresses are here too: ");
    part.code("/authorize").raw(", when a code challenge comes with it, and ").code("/oauth2/…");
    part.raw(". Behind ").code("/id").raw(" everything is VK ID’s. The legacy code flow is ");
    part.code("/authorize?response_type=code")
        .raw(" and ")
        .code("/access_token")
        .raw("; the secret of every application is ");
    part.code(SECRET).raw(".</p>\n<form method=\"get\" action=\"/id/authorize\">\n");
    part.raw("<input type=\"hidden\" name=\"response_type\" value=\"code\">\n");
    part.raw("<input type=\"hidden\" name=\"client_id\" value=\"51000002\">\n");
    part.raw("<input type=\"hidden\" name=\"state\" value=\"a-state-that-nobody-else-knows-0123456\">\n");
    // RFC 7636 appendix B: the verifier is public.
    part.raw("<input type=\"hidden\" name=\"code_challenge\" value=\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\">\n");
    part.raw("<input type=\"hidden\" name=\"code_challenge_method\" value=\"S256\">\n");
    part.raw("<input type=\"hidden\" name=\"redirect_uri\" value=\"").text(base).raw("/blank.html\">\n");
    part.raw("<label class=\"field\">Rights <input name=\"scope\" value=\"email groups\"></label>\n");
    part.raw("<p class=\"row\"><button>See VK ID’s page</button></p>\n</form>\n<dl class=\"words\">\n");
    for (name, what) in &ENDPOINTS {
        part.raw("<dt>").code(name).raw("</dt><dd>").text(what).raw("</dd>\n");
    }
    part.raw("</dl>\n<details>\n<summary>Faults of these: their names are the method, and there are further words</summary>\n");
    part.raw("<p>An error without a status is HTTP 200 here, and 401 at <code>access_token</code>; a person is a number.</p>\n");
    part.raw("<dl class=\"words\">\n");
    for (word, what) in EDITS {
        part.raw("<dt>").code(word).raw("</dt><dd>").text(what).raw("</dd>\n");
    }
    part.raw("</dl>\n</details>\n</section>\n");
    part
}

fn switches(faults: &[Listed]) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"faults\">\n<h2>Let VK misbehave</h2>\n");
    part.raw("<form method=\"post\" action=\"/sandbox/faults\">\n<div class=\"grid\">\n");
    part.raw("<label class=\"field wide\">Answer <select name=\"answer\" required>\n");
    part.add(&behaviour_options("choose…")).raw("<optgroup label=\"VK ID and codes\">\n");
    // An error of VK ID has another shape than one of the API, and is asked for by scripts.
    for (word, what) in EDITS.iter().filter(|(word, _)| !word.starts_with("error")) {
        part.raw("<option value=\"").text(word).raw("\">").text(word).raw(" – ").text(what).raw("</option>\n");
    }
    part.raw("</optgroup>\n</select></label>\n");
    part.raw("<label class=\"field\">Method <select name=\"method\"><option value=\"\">every method</option>\n");
    for (name, _) in METHODS.iter().chain(&ENDPOINTS) {
        part.raw("<option>").text(name).raw("</option>\n");
    }
    part.raw("</select></label>\n");
    part.add(&fault_fields()).raw("</div>\n<p class=\"row\"><button>Switch on</button></p>\n</form>\n");
    part.add(&fault_items(faults, "every method", "everything is answered as it should be")).raw("</section>\n");
    part
}

fn asked(counts: &Counts, log: &Log) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"requests\">\n<h2>Asked so far</h2>\n");
    if counts.methods.is_empty() && counts.unknown == 0 && log.is_empty() {
        part.raw("<p class=\"quiet\">Nobody has called the API or VK ID yet.</p>\n");
    } else {
        part.raw("<dl class=\"counts\">\n");
        for (method, times) in counts.methods.iter().chain(log.counts()) {
            part.raw("<div><dt>").code(method).raw("</dt><dd>").text(times).raw("</dd></div>\n");
        }
        if counts.unknown > 0 {
            part.raw("<div><dt>unknown methods</dt><dd>").text(counts.unknown).raw("</dd></div>\n");
        }
        part.raw("</dl>\n");
    }
    part.raw("<p class=\"quiet\">Authorize page: ").text(counts.authorize);
    part.raw(". Redirects followed: ").text(counts.elsewhere).raw(".</p>\n</section>\n");
    part
}

fn who() -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"who\">\n<h2>Who is here</h2>\n<h3>People</h3>\n<ul>\n");
    for person in &PEOPLE {
        part.raw("<li><bdi>").text(&person.first_name).raw(" ").text(&person.last_name).raw("</bdi> ");
        part.code(person.id).raw("</li>\n");
    }
    part.raw("</ul>\n<h3>Communities</h3>\n<ul>\n");
    for community in &COMMUNITIES {
        part.raw("<li><bdi>").text(&community.name).raw("</bdi> ").code(community.id).raw("</li>\n");
    }
    part.raw("</ul>\n<h3>Applications</h3>\n<ul>\n");
    for app in &APPS {
        part.raw("<li>").text(&app.name).raw(" ").code(app.id).raw(": ").text(app.rule.describe()).raw("</li>\n");
    }
    part.raw("</ul>\n<p class=\"quiet\">Any other positive number is a person, a community or an ordinary application too.</p>\n");
    part.raw("</section>\n");
    part
}

fn words() -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"answers\">\n<h2>Every answer that can be asked for</h2>\n");
    part.raw("<p>The same words work for a fault, for a token (“answers”), on this page and in scripts. ");
    part.code("slow")
        .raw(", ")
        .code("trickle")
        .raw(", ")
        .code("lost")
        .raw(", ")
        .code("rate_limit")
        .raw(" and ")
        .code("ancient");
    part.raw(" change other answers and can be combined with them; otherwise the first fault that fits decides.</p>\n");
    part.raw("<dl class=\"words\">\n");
    for (word, what) in OUTAGES.iter().chain(RULES) {
        part.raw("<dt>").code(word).raw("</dt><dd>").text(what).raw("</dd>\n");
    }
    part.raw("</dl>\n<details>\n<summary>Errors of the API: code, subcode, exact text</summary>\n");
    part.raw("<p>A bare code is the first of its rows. ").code("error:5:expired@401");
    part.raw(" sends the same in HTTP 401; VK itself answers in HTTP 200.</p>\n<dl class=\"words\">\n");
    for row in TABLE {
        part.raw("<dt>").code(row);
        if row.subcode.is_some() && !row.variant.is_empty() {
            part.raw(" ").code(format_args!("error:{}:{}", row.code, row.variant));
        }
        part.raw("</dt><dd>").text(row.message).raw("</dd>\n");
    }
    part.raw(
        "</dl>\n</details>\n<h3>Addresses</h3>\n<p>A caller’s address is where its connection comes from, or what the ",
    );
    part.raw("header ").code("X-Sandbox-Address").raw(" says. A token made “only from this address” answers ");
    part.code("error:5/1130").raw(" to every other. For all tokens at once, switch ").code("error:5/1130");
    part.raw(
        " on for callers not at an address; with a delay it is the token that works for a minute and then fails.</p>\n",
    );
    part.raw("</section>\n");
    part
}

fn methods() -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"methods\">\n<h2>Methods of the API</h2>\n<p>GET or POST ")
        .code("/method/NAME");
    part.raw(" with ").code("v").raw(" and the token in the form, the query or ").code("Authorization: Bearer");
    part.raw(". Before ").code("v=5.199").raw(" communities come in the older shape.</p>\n<dl class=\"words\">\n");
    for (name, what) in &METHODS {
        part.raw("<dt>").code(name).raw("</dt><dd>").text(what).raw("</dd>\n");
    }
    part.raw("</dl>\n</section>\n");
    part
}

fn scripts(base: &str) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"scripts\">\n<h2>For scripts</h2>\n<p>Answers are JSON.</p>\n<dl class=\"scripts\">\n");
    part.raw("<dt>Allow or deny without a click; also <code>expires_in</code>, <code>answers</code>, ");
    part.raw("<code>answers_after</code>, <code>bind=on</code>, <code>address</code></dt>\n<dd><pre>curl -si '")
        .text(base);
    part.raw("/authorize?client_id=54249533&amp;response_type=token&amp;scope=wall&amp;auto=allow&amp;person=100001'</pre></dd>\n");
    part.raw("<dt>Make a token: <code>kind</code> is user, vk_id, community or service; also <code>id</code>, ");
    part.raw("<code>expires_in</code>, <code>issued_at</code>, <code>scope</code>, <code>answers</code>, ");
    part.raw("<code>answers_after</code>, <code>address</code></dt>\n<dd><pre>curl -s ").text(base);
    part.raw("/sandbox/tokens --json '{\"kind\":\"user\",\"id\":100001,\"answers\":\"error:5:revoked\"}'</pre></dd>\n");
    part.raw("<dt>Set, list and clear faults: <code>answer</code>; also <code>method</code>, <code>times</code>, ");
    part.raw("<code>after</code>, <code>after_seconds</code>, <code>address</code>, <code>other_than</code></dt>\n<dd><pre>curl -s ");
    part.text(base)
        .raw("/sandbox/faults --json '{\"method\":\"users.get\",\"answer\":\"http:502\",\"times\":2}'\ncurl -s ");
    part.text(base).raw("/sandbox/faults\ncurl -s -X DELETE ").text(base).raw("/sandbox/faults</pre></dd>\n");
    part.raw("<dt>How often the API was asked</dt>\n<dd><pre>curl -s ")
        .text(base)
        .raw("/sandbox/requests</pre></dd>\n");
    part.raw("</dl>\n</section>\n");
    part
}
