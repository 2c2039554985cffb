//! Owns the pages for what went wrong, and the one that takes over a fragment and may have to tell the same.

use http::StatusCode;

use super::{BAD, CALM, Forms, Frame, Markup, connect::paste_box, ending::ready_for_no};
use crate::{
    fault::{Fault, LoginFault},
    reply::{self, Response},
    text,
};

/// The longest part of a provider's own words that is shown.
const LONGEST_DESCRIPTION: usize = 200;

/// Tells what went wrong and what to do. An answer that came without a query may still have a fragment: the page's script looks.
pub(crate) fn wrong(frame: Frame<'_>, fault: &Fault) -> Response {
    let looks = matches!(fault, Fault::Login(LoginFault::StateMissing));
    let mut main = Markup::default();
    tell(&mut main, fault, if looks { " data-relay=\"fragment\"" } else { "" });
    reason(&mut main, fault.error_type());
    main.put("</main>\n");
    if looks {
        ready_for_no(&mut main);
    }
    let mut response = frame.page(fault.status(), text::english(fault).error, Forms::None, &main);
    reply::mark_fault(&mut response, fault);
    response
}

/// The same, with the box for another try.
pub(crate) fn paste_again(frame: Frame<'_>, fault: &Fault, ticket: &str) -> Response {
    let mut main = Markup::default();
    tell(&mut main, fault, "");
    paste_box(&mut main, frame, ticket);
    reason(&mut main, fault.error_type());
    main.put("</main>\n");
    let mut response = frame.page(fault.status(), text::english(fault).error, Forms::Some, &main);
    reply::mark_fault(&mut response, fault);
    response
}

fn tell(main: &mut Markup, fault: &Fault, more: &'static str) {
    let words = text::english(fault);
    main.put("<main data-error-type=\"").text(words.error_type).put("\"").put(more).put(">\n").put(BAD);
    main.put("<h1 id=\"error\">").text(words.error).put("</h1>\n");
    main.put("<p class=\"lead\" id=\"message\">").text(&words.message).put(".</p>\n");
    if let Fault::Login(LoginFault::ProviderRefused { description: Some(description), .. }) = fault {
        main.put("<p>The provider's own words: <q>").foreign(&shortened(description)).put("</q></p>\n");
    }
    main.put("<p id=\"solution\">").text(&words.solution).put(".</p>\n");
}

/// The word for programs, which is also what to search for and to report.
fn reason(main: &mut Markup, error_type: &str) {
    main.put("<p class=\"code\">Reason: <code id=\"error_type\">").text(error_type).put("</code></p>\n");
}

/// Hostile text: short, on one line, and without what turns the direction of writing or cannot be seen.
fn shortened(description: &str) -> String {
    let hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    description.chars().take(LONGEST_DESCRIPTION).map(|letter| if hidden(letter) { ' ' } else { letter }).collect()
}

/// The page that a redirect with a fragment comes to: only the browser sees a fragment, so its script hands it over.
pub(crate) fn relay(frame: Frame<'_>) -> Response {
    let mut main = Markup::default();
    main.put("<main class=\"waits\" data-relay=\"always\" aria-live=\"polite\">\n").put(CALM).put(BAD);
    main.put(
        "<h1 id=\"error\">One moment</h1>\n<p class=\"lead\" id=\"message\">Grantkeep is taking over the answer.</p>\n",
    );
    main.put("<p id=\"solution\"></p>\n<noscript><p>This page needs JavaScript: the answer stands in a part of the address that a browser sends to nobody. ");
    main.put("Without it, copy the whole address and paste it on the page where you began, or into <code>grantkeep add</code>.</p></noscript>\n");
    reason(&mut main, "");
    main.put("</main>\n");
    ready_for_no(&mut main);
    frame.page(StatusCode::OK, "One moment", Forms::None, &main)
}
