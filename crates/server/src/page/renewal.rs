//! Owns the page behind a renewal link: which access is to be renewed, and the one button that begins it. Its script presses the
//! button by itself once somebody sees the page; what only fetches the link spends nothing.

use grantkeep_core::Timestamp;
use grantkeep_keeper::RenewalInvitation;
use http::StatusCode;

use super::{
    Forms, Frame, Markup,
    connect::{begin_form, fact, place_of, where_and_whose},
};
use crate::reply::Response;

/// From how many minutes on hours are counted: two of them.
const COUNTED_IN_HOURS: u64 = 120;

/// What the page is made of.
#[derive(Debug)]
pub(crate) struct Renewing<'a> {
    pub(crate) invitation: &'a RenewalInvitation,
    /// Of the link: it stands in the page's own form.
    pub(crate) ticket: &'a str,
    /// Where the browser found this page.
    pub(crate) host: &'a str,
    pub(crate) now: Timestamp,
}

/// The page behind a renewal link.
pub(crate) fn renewal(frame: Frame<'_>, renewing: &Renewing<'_>) -> Response {
    let Renewing { invitation, ticket, host, now } = renewing;
    let server = invitation.server.as_deref();
    let place = place_of(&invitation.provider, server);
    let mut main = Markup::default();
    main.put("<main>\n<h1>Renew access to ").foreign(&place).put("</h1>\n");
    main.put("<p class=\"lead\">Grantkeep needs you at <strong>")
        .foreign(&place)
        .put("</strong> once more, for <strong>");
    main.foreign(invitation.account.as_str())
        .put("</strong>. Use the same account there: another one is refused.</p>\n");
    begin_form(&mut main, frame, ticket);
    main.put("\" data-goes-on>\n<button type=\"submit\">Renew</button>\n</form>\n<dl>\n");
    where_and_whose(&mut main, &invitation.provider, server, host, &invitation.owner);
    fact(&mut main, "Link works", &format!("once, for another {}", left(invitation.expires_at, *now)));
    main.put("</dl>\n");
    main.put("<p class=\"quiet\">This page goes on by itself; where it does not, press the button. Grantkeep does not see your password.</p>\n");
    main.put("</main>\n");
    frame.page(StatusCode::OK, &format!("Renew access to {place}"), Forms::Some, &main)
}

fn left(expires_at: Timestamp, now: Timestamp) -> String {
    match expires_at.since(now).seconds().div_ceil(60) {
        1 => "1 minute".to_owned(),
        minutes if minutes >= COUNTED_IN_HOURS => format!("{} hours", minutes / 60),
        minutes => format!("{minutes} minutes"),
    }
}
