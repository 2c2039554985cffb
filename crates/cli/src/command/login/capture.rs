//! Owns the listener of a login that this process carries by itself: exactly where the browser comes back, and no longer than
//! it is needed.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use grantkeep_server::{Limits, serve_capture};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use url::Url;

use super::attempt::Begun;
use crate::{
    fault::CliFault,
    here::Here,
    listen::{self, Taken},
    process,
    setting::Settings,
    text,
};

/// So long the browser may take to load the last page and what belongs to it.
const LINGER: Duration = Duration::from_millis(800);

/// So long what is being answered then may take to end.
const END_FOR: Duration = Duration::from_secs(2);

/// Listeners that serve connect links and redirects, and nothing else.
#[derive(Debug)]
pub(super) struct Capture {
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
}

impl Capture {
    /// Listens where the link leads and where the redirect comes to; where that is not this machine, on the configured address:
    /// something in front of us passes it on.
    pub(super) async fn open(
        begun: &Begun,
        settings: &Settings,
        here: &Here,
        early: Option<TcpListener>,
    ) -> Result<Self, CliFault> {
        let mut listeners: Vec<TcpListener> = early.into_iter().collect();
        for url in places(begun, settings) {
            let held: Vec<SocketAddr> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
            let bound = match listen::at(&url, &held).await {
                Some(bound) => bound,
                None if held.is_empty() => match TcpListener::bind(settings.listen).await {
                    Ok(listener) => Ok(vec![listener]),
                    Err(error) => Err(Taken { address: settings.listen, kind: error.kind() }),
                },
                None => continue,
            };
            listeners.extend(bound.map_err(|taken| refusal(&taken, begun, settings))?);
        }
        let (stop, stopped) = watch::channel(false);
        let limits = Limits::at_most(process::connections());
        let mut serving = JoinSet::new();
        for listener in listeners {
            let mut stopped = stopped.clone();
            let until = async move {
                // Ends when it is told, and when nobody is left to tell it.
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            serving.spawn(serve_capture(listener, Arc::clone(&here.service), limits.clone(), until));
        }
        Ok(Self { stop, listeners: serving })
    }

    /// Closes, after the browser has had the time to load its last page.
    pub(super) async fn close(mut self, somebody_came: bool) {
        if somebody_came {
            tokio::time::sleep(LINGER).await;
        }
        let _ = self.stop.send(true);
        let ended = async { while self.listeners.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(END_FOR, ended).await;
    }
}

/// Where a browser will come to: the link, and the redirect URI if it is on this machine.
fn places(begun: &Begun, settings: &Settings) -> Vec<Url> {
    let link = begun.connect_url.as_deref().and_then(|link| Url::parse(link).ok());
    let redirect = begun.redirect_uri.as_deref().and_then(|uri| Url::parse(uri).ok());
    let redirect = redirect.filter(|uri| settings.comes_here(uri));
    // The redirect may say `localhost`, for which both address families are needed: so it comes first.
    redirect.into_iter().chain(link).collect()
}

/// Names the setting that moves us away.
fn refusal(taken: &Taken, begun: &Begun, settings: &Settings) -> CliFault {
    let own = settings.redirect_setting(&begun.provider);
    let redirects_there = begun
        .redirect_uri
        .as_deref()
        .and_then(|uri| Url::parse(uri).ok())
        .is_some_and(|uri| uri.port_or_known_default() == Some(taken.address.port()));
    let setting = match own {
        Some(own) if redirects_there && taken.address.port() == settings.listen.port() => {
            format!("GRANTKEEP_LISTEN and {own} (which the provider must know too)")
        }
        Some(own) if redirects_there => format!("{own} (which the provider must know too)"),
        _ => "GRANTKEEP_LISTEN".to_owned(),
    };
    text::cannot_capture(taken.address, taken.kind, &setting)
}
