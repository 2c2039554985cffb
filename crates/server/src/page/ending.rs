//! Owns the page at the end of a login: done, declined, or what became of it instead.

use grantkeep_core::Progress;
use grantkeep_keeper::Ending;
use http::StatusCode;

use super::{BAD, CALM, Forms, Frame, GOOD, Markup, name_of};
use crate::reply::Response;

const CLOSE: &str = "<p>You can close this tab.</p>\n";

/// What is left elsewhere of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing that would be worth anything to anybody by now.
    Gone,
    /// The token itself, in the address that was pasted.
    Token,
}

/// The page at the end. None: the login is unknown, or was made in another browser; the answer is the same.
pub(crate) fn ending(frame: Frame<'_>, ending: Option<&Ending>, answer: Answer) -> Response {
    let (title, main) = match ending {
        None => told(
            CALM,
            "Nothing to see here",
            "How a login ended is shown in the browser that made it, and soon no more.",
            CLOSE,
        ),
        Some(ending) => match ending.progress {
            Progress::Done => done(ending, answer),
            Progress::Denied => return declined(frame),
            Progress::Claimed | Progress::Pending => told(
                CALM,
                "Not finished yet",
                "The login is still under way.",
                "<p>Reload this page in a moment.</p>\n",
            ),
            Progress::Expired => told(BAD, "Login has expired", "Nobody came back in time; nothing is stored.", AGAIN),
            Progress::Failed => failed(ending, "Login failed", "It did not come to its end; nothing is stored."),
            Progress::Unknown => failed(
                ending,
                "No clear answer",
                "What came back was sent on, and the provider's answer got lost: what became of it is not known.",
            ),
        },
    };
    frame.page(StatusCode::OK, title, Forms::None, &main)
}

/// The page for somebody who said no.
pub(crate) fn declined(frame: Frame<'_>) -> Response {
    let mut main = Markup::default();
    main.put("<main>\n").add(&no()).put("</main>\n");
    frame.page(StatusCode::OK, DECLINED, Forms::None, &main)
}

/// The same words, not shown: for the page's script, which hears of it when a fragment said so.
pub(super) fn ready_for_no(page: &mut Markup) {
    page.put("<template id=\"declined\">\n").add(&no()).put("</template>\n");
}

const DECLINED: &str = "Access was declined";

fn no() -> Markup {
    inside(
        CALM,
        DECLINED,
        "You said no, or the provider did in your place. Nothing is stored.",
        "<p>You can close this tab. Should it have been a slip, begin the login again.</p>\n",
    )
}

const AGAIN: &str = "<p>Begin the login again.</p>\n";

fn told(mark: &'static str, title: &'static str, message: &'static str, more: &'static str) -> (&'static str, Markup) {
    let mut main = Markup::default();
    main.put("<main>\n").add(&inside(mark, title, message, more)).put("</main>\n");
    (title, main)
}

fn inside(mark: &'static str, title: &'static str, message: &'static str, more: &'static str) -> Markup {
    let mut inside = Markup::default();
    inside.put(mark).put("<h1>").put(title).put("</h1>\n<p class=\"lead\">").put(message).put("</p>\n").put(more);
    inside
}

fn done(ending: &Ending, answer: Answer) -> (&'static str, Markup) {
    let provider = name_of(&ending.provider);
    let mut main = Markup::default();
    main.put("<main>\n").put(GOOD).put("<h1>Signed in");
    if let Some(account) = &ending.account {
        main.put(" as ").foreign(account.as_str());
    }
    main.put(" at ").foreign(provider).put("</h1>\n<p class=\"lead\">The token is kept. You can close this tab.</p>\n");
    if answer == Answer::Token {
        main.put(
            "<p class=\"note\"><strong>Close the page whose address you copied, too:</strong> the token is still in that address, ",
        );
        main.put("and in the browser's history.</p>\n");
    }
    if !ending.verified {
        main.put("<p class=\"note\"><strong>Not confirmed yet.</strong> ").foreign(provider);
        main.put(" has not said whose token it is. A running Grantkeep asks again by itself.</p>\n");
    }
    if ending.scope_reduced {
        main.put("<p class=\"note\"><strong>Less than asked for.</strong> ").foreign(provider);
        main.put(" granted fewer rights than were asked for. What needs the others will be refused there.</p>\n");
    }
    main.put("</main>\n");
    ("Signed in", main)
}

fn failed(ending: &Ending, title: &'static str, message: &'static str) -> (&'static str, Markup) {
    let mut main = Markup::default();
    main.put("<main>\n").put(BAD).put("<h1>").put(title).put("</h1>\n<p class=\"lead\">").put(message).put("</p>\n");
    main.put(AGAIN);
    if let Some(cause) = &ending.cause {
        main.put("<p class=\"code\">Reason: <code>").foreign(cause).put("</code></p>\n");
    }
    main.put("</main>\n");
    (title, main)
}
