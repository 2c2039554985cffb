//! Owns what an emulated provider is to the rest of the crate: a name, an address, and a function from requests to plans.

use std::fmt::Debug;
use std::sync::Arc;

use crate::ask::Ask;
use crate::clock::Moment;
use crate::markup::Markup;
use crate::reply::Plan;

/// One emulated server.
pub(crate) trait Provider: Debug + Send + Sync + 'static {
    /// Plans the answer to a request that the gate has let in. Never waits: a delay is part of the plan.
    fn plan(&self, ask: &Ask, at: Moment) -> Plan;
}

/// Where a provider is, and who else is here.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// What it is called: `VK`, `mastodon-4.6`.
    pub(crate) name: &'static str,
    /// `http://127.0.0.1:8001`, without a slash at the end.
    pub(crate) base: String,
    /// All providers of this sandbox, this one among them.
    pub(crate) all: Arc<[Neighbour]>,
}

/// A provider as others name it.
#[derive(Clone, Debug)]
pub(crate) struct Neighbour {
    pub(crate) name: &'static str,
    pub(crate) base: String,
}

impl Site {
    /// The part of a home page that leads to the others.
    pub(crate) fn links(&self) -> Markup {
        let mut part = Markup::default();
        part.raw("<nav class=\"card\" id=\"others\" aria-label=\"Emulated providers\">\n<h2>Also here</h2>\n<ul class=\"links\">\n");
        for other in self.all.iter().filter(|other| other.base != self.base) {
            part.raw("<li><a href=\"").text(&other.base).raw("/\">").text(other.name).raw("</a></li>\n");
        }
        part.raw("</ul>\n</nav>\n");
        part
    }
}
