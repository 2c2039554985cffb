//! Owns what browsers ask during a login: the connect link, redirects that arrive, the page at the end, and what pages load.
//!
//! No key is needed here: the ticket is one, and after it the state together with the binding cookie. Faults become pages.

mod cookie;
mod origin;
mod redirect;
mod renewal;
mod ticket;

use std::{borrow::Cow, sync::Arc};

use grantkeep_core::{AuthorizationId, Secret};
use grantkeep_keeper::{CaptureFault, acting_as};
use http::{HeaderMap, Method, header, request::Parts};
use hyper::body::{Body, Bytes};
use zeroize::Zeroizing;

use crate::{
    body::{self, BodyFault, Object},
    fault::{Fault, LoginFault},
    finishing::Finishing,
    page::{self, Answer, Frame},
    reply::Response,
    request::Peer,
    route::Route,
    service::Service,
};
use cookie::Cookies;

/// By which name the audit knows what comes back from a login.
const BROWSER: &str = "browser";

/// A request of a browser, kept whole: it is finished even when the browser hangs up.
#[derive(Debug)]
struct Visit {
    peer: Peer,
    path: String,
    query: Option<Zeroizing<String>>,
    headers: HeaderMap,
}

impl Visit {
    fn of(parts: &Parts, peer: Peer) -> Self {
        Self {
            peer,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(|query| Zeroizing::new(query.to_owned())),
            headers: parts.headers.clone(),
        }
    }

    /// The last part of the path.
    fn ticket(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Where the browser found us; one of our own names, as the gate has seen.
    fn host(&self) -> &str {
        self.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
    }
}

/// Whether people look at what is answered there. Never asked about `/api/`.
pub(crate) fn is_for_people(service: &Service, path: &str) -> bool {
    ["/callback", "/connect/", "/done/", "/assets/"].iter().any(|ours| path.starts_with(ours))
        || service.keeper.captures(path)
}

/// The route of a redirect to a path that `captures`. A POST is our own page's: it sends JSON, and from where a fragment may be.
pub(crate) fn route(service: &Service, method: &Method, path: &str, headers: &HeaderMap) -> Result<Route, Fault> {
    let from_our_page =
        || body::check_type(headers).is_ok() && (service.keeper.takes_fragment(path) || service.cookies(headers).any());
    match *method {
        Method::GET => Ok(Route::Capture),
        Method::POST if from_our_page() => Ok(Route::CaptureFragment),
        _ => Err(Fault::MethodNotAllowed("GET")),
    }
}

/// Answers a browser.
pub(crate) async fn respond<B>(
    service: &Arc<Service>,
    route: Route,
    parts: &Parts,
    body: B,
    peer: Peer,
) -> Result<Response, Fault>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let visit = Visit::of(parts, peer);
    match route {
        Route::Asset(asset) => Ok(asset.response()),
        Route::Capture => {
            let service = Arc::clone(service);
            finish(async move { redirect::arrive(&service, &visit).await }).await
        }
        Route::CaptureFragment => {
            origin::check_same_origin(&visit.headers, &service.hosts)?;
            let bytes = body::read(body).await.map_err(Fault::Body)?;
            let object = Object::parse(&bytes).map_err(Fault::Body)?;
            let service = Arc::clone(service);
            finish(async move { redirect::take_fragment(&service, &visit, &object).await }).await
        }
        Route::Connect => ticket::show(service, &visit).await,
        Route::Ending(id) => ending(service, &visit, &id).await,
        Route::Spend => {
            origin::check_same_origin(&visit.headers, &service.hosts)?;
            let pasted = pasted(&body::read(body).await.map_err(Fault::Body)?, &visit.headers)?;
            let service = Arc::clone(service);
            finish(async move {
                match pasted {
                    None => ticket::spend(&service, &visit).await,
                    Some(text) => ticket::paste(&service, &visit, &text).await,
                }
            })
            .await
        }
        _ => Err(Fault::NoSuchPath),
    }
}

async fn finish(work: impl Future<Output = Result<Response, Fault>> + Send + 'static) -> Result<Response, Fault> {
    Finishing::new(acting_as(BROWSER.into(), work)).await.unwrap_or(Err(Fault::Internal))
}

/// The text of the paste box, when the form has one.
fn pasted(body: &[u8], headers: &HeaderMap) -> Result<Option<Secret>, Fault> {
    if body.is_empty() {
        return Ok(None);
    }
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Fault::Body(BodyFault::NotForm));
    }
    let mut texts = form_urlencoded::parse(body).filter(|(name, _)| name == "token_data");
    let text = texts.next().map(|(_, text)| Secret::from(Cow::into_owned(text)));
    if texts.next().is_some() { Err(Fault::RepeatedParameter("token_data")) } else { Ok(text) }
}

/// The page at the end. What became of a login is told to the browser that made it.
async fn ending(service: &Service, visit: &Visit, id: &AuthorizationId) -> Result<Response, Fault> {
    let cookies = service.cookies(&visit.headers);
    let ending = service.keeper.ending(id, cookies.binding(id)).await?;
    let was_pasted = visit.query.as_ref().is_some_and(|query| **query == ticket::PASTED);
    let answer = if was_pasted { Answer::Token } else { Answer::Gone };
    Ok(page::ending(service.frame(), ending.as_ref(), answer))
}

impl Service {
    fn cookies<'h>(&self, headers: &'h HeaderMap) -> Cookies<'h> {
        Cookies::of(headers, self.is_secure())
    }

    /// Whether browsers reach this server by https.
    fn is_secure(&self) -> bool {
        self.keeper.base().scheme() == "https"
    }

    /// What all pages of this service have in common.
    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame { sandbox: self.sandbox, root: self.root() }
    }

    /// A path as browsers see it: a proxy may add the path of the public URL in front.
    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.root())
    }

    fn root(&self) -> &str {
        self.keeper.base().path().trim_end_matches('/')
    }

    /// A fault of a capture. Whoever guesses states and links is slowed down.
    fn counted(&self, fault: CaptureFault, peer: Peer) -> Fault {
        match Fault::from(fault) {
            guess @ Fault::Login(LoginFault::StateUnknown | LoginFault::TicketUnknown) => self.failed(peer, guess),
            other => other,
        }
    }
}
