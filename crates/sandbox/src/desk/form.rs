//! Owns the part of a provider's page where faults are set and seen, and what was asked so far.

use std::collections::BTreeMap;

use super::Endpoint;
use crate::behaviour::{EDITS, OUTAGES};
use crate::fault::Listed;
use crate::markup::Markup;

/// The whole part.
pub(super) fn switches(endpoints: &[Endpoint], faults: &[Listed], counts: &BTreeMap<&'static str, u64>) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"faults\">\n<h2>Let it misbehave</h2>\n");
    part.raw("<form method=\"post\" action=\"/sandbox/faults\">\n<div class=\"grid\">\n");
    part.raw(
        "<label class=\"field wide\">Answer <input name=\"answer\" list=\"words\" required placeholder=\"http:502\">",
    );
    part.raw("<small>One of the words below.</small></label>\n<datalist id=\"words\">\n");
    for (word, what) in OUTAGES.iter().chain(EDITS) {
        part.raw("<option value=\"").text(word).raw("\">").text(what).raw("</option>\n");
    }
    part.raw("</datalist>\n");
    part.raw("<label class=\"field\">Endpoint <select name=\"endpoint\"><option value=\"\">every endpoint</option>\n");
    for (name, _) in endpoints {
        part.raw("<option>").text(name).raw("</option>\n");
    }
    part.raw("</select></label>\n").add(&fault_fields()).raw("</div>\n");
    part.raw("<p class=\"row\"><button>Switch on</button></p>\n</form>\n");
    part.add(&fault_items(faults, "every endpoint", "everything is answered as it should be"));
    part.raw("<details>\n<summary>Every word, and the endpoints</summary>\n<dl class=\"words\">\n");
    for (word, what) in OUTAGES.iter().chain(EDITS) {
        part.raw("<dt>").code(word).raw("</dt><dd>").text(what).raw("</dd>\n");
    }
    part.raw("</dl>\n<p>Words from ").code("slow").raw(", ").code("lost").raw(" and ").code("trickle").raw(" to ");
    part.code("status")
        .raw(" change other answers and can be combined; otherwise the first fault that fits decides.</p>\n");
    part.raw("<dl class=\"words\">\n");
    for (name, what) in endpoints {
        part.raw("<dt>").code(name).raw("</dt><dd>").text(what).raw("</dd>\n");
    }
    part.raw("</dl>\n</details>\n</section>\n");
    part.add(&asked(counts));
    part
}

/// The fields of a fault besides what and where.
pub(crate) fn fault_fields() -> Markup {
    let mut part = Markup::default();
    part.raw("<label class=\"field\">How many times <input name=\"times\" inputmode=\"numeric\" pattern=\"[0-9]*\" ");
    part.raw("placeholder=\"until switched off\"></label>\n");
    part.raw("<label class=\"field\">First let pass <input name=\"after\" inputmode=\"numeric\" pattern=\"[0-9]*\" ");
    part.raw("placeholder=\"0 calls\"></label>\n");
    part.raw("<label class=\"field\">Begin in so many seconds <input name=\"after_seconds\" inputmode=\"numeric\" ");
    part.raw("pattern=\"[0-9]*\" placeholder=\"0\"></label>\n");
    part.raw("<label class=\"field\">Only callers at <input name=\"address\" placeholder=\"any address\"></label>\n");
    part.raw("<label class=\"field\">Only callers not at <input name=\"other_than\" placeholder=\"none\"></label>\n");
    part
}

/// The faults that are set, and how to switch them off.
pub(crate) fn fault_items(faults: &[Listed], every: &'static str, well: &'static str) -> Markup {
    let mut list = Markup::default();
    if faults.is_empty() {
        list.raw("<p class=\"good\">No fault is on: ").raw(well).raw(".</p>\n");
        return list;
    }
    list.raw("<h3>On now</h3>\n<ol class=\"faults\">\n");
    for fault in faults {
        list.raw("<li>").code(&fault.answer).raw(" to ");
        match fault.endpoint {
            Some(endpoint) => list.code(endpoint),
            None => list.raw(every),
        };
        if let Some(address) = fault.address {
            list.raw(", only from ").code(address);
        }
        if let Some(address) = fault.other_than {
            list.raw(", except from ").code(address);
        }
        if fault.after > 0 {
            list.raw(", after calls still to pass: ").text(fault.after);
        }
        if fault.after_seconds > 0 {
            list.raw(", beginning in seconds: ").text(fault.after_seconds);
        }
        match fault.times {
            Some(times) => list.raw(", times left: ").text(times),
            None => list.raw(", until switched off"),
        };
        list.raw("</li>\n");
    }
    list.raw("</ol>\n<form method=\"post\" action=\"/sandbox/faults/clear\"><p class=\"row\">");
    list.raw("<button class=\"quiet\">Switch all off</button></p></form>\n");
    list
}

fn asked(counts: &BTreeMap<&'static str, u64>) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"requests\">\n<h2>Asked so far</h2>\n");
    if counts.is_empty() {
        part.raw("<p class=\"quiet\">Nothing yet.</p>\n</section>\n");
        return part;
    }
    part.raw("<dl class=\"counts\">\n");
    for (name, times) in counts {
        part.raw("<div><dt>").code(name).raw("</dt><dd>").text(times).raw("</dd></div>\n");
    }
    part.raw("</dl>\n<p class=\"quiet\">In full, with the names of all parameters: <a href=\"/sandbox/requests\">");
    part.raw("/sandbox/requests</a></p>\n</section>\n");
    part
}
