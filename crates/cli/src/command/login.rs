//! Owns `login`: begins an attempt, shows a person what to do, waits until they have done it, and tells what became of it.
//!
//! However it ends, nothing stays pending.

mod attempt;
mod capture;
mod paste;

use std::{
    io::{self, IsTerminal},
    pin::pin,
    process::ExitCode,
};

use grantkeep_core::{Progress, Provider};
use http::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::{
    attempt::{Begun, End},
    capture::Capture,
};
use super::credential::segment;
use crate::{
    api::Api,
    args::{Login, LoginFlow},
    browser::Desktop,
    console,
    fault::CliFault,
    process::Stop,
    qr,
    setting::Settings,
    text,
};

/// How a person is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In a browser here.
    Browser,
    /// By a code that is typed elsewhere.
    Device,
    /// By pasting.
    Paste,
    /// In a browser elsewhere, which reaches a server.
    Remote,
}

pub(super) async fn run(login: &Login, mut settings: Settings) -> Result<ExitCode, CliFault> {
    let provider = segment(&login.provider).ok_or_else(text::no_such_provider)?;
    let mut stop = Stop::listen().map_err(|error| text::no_signals(error.kind()))?;
    let early = early(&mut settings).await?;
    let api = Api::find(&settings).await?;
    let begun = match way(login, &api) {
        Ok(way) => begin(login, provider, way, &api, &mut stop).await.map(|begun| (way, begun)),
        Err(fault) => Err(fault),
    };
    let result = match begun {
        Ok((Way::Paste, begun)) => {
            // A prompt keeps no server from starting: what was begun is in the database.
            api.close().await;
            return paste::run(login, &settings, &begun, stop).await;
        }
        Ok((way, begun)) => finish(login, &settings, way, &begun, &api, early, &mut stop).await,
        Err(fault) => Err(fault),
    };
    api.close().await;
    result
}

fn way(login: &Login, api: &Api) -> Result<Way, CliFault> {
    let has_server = api.is_remote() || api.is_beside_server();
    match (login.paste, login.device, login.remote) {
        (true, ..) => Ok(Way::Paste),
        (_, true, _) => Ok(Way::Device),
        (_, _, true) if !has_server => Err(text::remote_needs_server()),
        (_, _, true) => Ok(Way::Remote),
        // Its links lead there, not here.
        _ if api.is_remote() => Ok(Way::Remote),
        _ => Ok(Way::Browser),
    }
}

/// With port 0 the redirect URI is not known before there is a listener.
async fn early(settings: &mut Settings) -> Result<Option<TcpListener>, CliFault> {
    if settings.listen.port() != 0 || settings.remote.is_some() {
        return Ok(None);
    }
    let wrong = |error: io::Error| text::cannot_listen(settings.listen, error.kind());
    let listener = TcpListener::bind(settings.listen).await.map_err(wrong)?;
    settings.listen = listener.local_addr().map_err(wrong)?;
    Ok(Some(listener))
}

async fn begin(login: &Login, provider: &str, way: Way, api: &Api, stop: &mut Stop) -> Result<Begun, CliFault> {
    let path = format!("/api/v1/oauth/{provider}/authorize");
    let body = request(login, way);
    let mut asked = pin!(api.ask(Method::POST, &path, Some(&body)));
    tokio::select! {
        answer = &mut asked => return Begun::read(provider, &answer?.json()?),
        () = stop.asked() => {}
    }
    // What has begun must be given up, so it must be known.
    if let Ok(Ok(answer)) = tokio::time::timeout(attempt::GRACE, asked).await {
        attempt::give_up(&Begun::read(provider, &answer.json()?)?, api, stop).await;
    }
    Err(text::login_stopped())
}

/// What the API is asked for.
fn request(login: &Login, way: Way) -> Value {
    let mut body = json!({});
    let flow = if way == Way::Device { Some("device") } else { login.flow.map(LoginFlow::word) };
    let scope = (!login.scope.is_empty()).then(|| {
        // VK's own way of writing them.
        let separator = if Provider::from_name(&login.provider) == Some(Provider::Vk) { "," } else { " " };
        login.scope.join(separator)
    });
    let words = [
        ("account_name", login.account.as_deref()),
        ("instance", login.instance.as_deref()),
        ("scope", scope.as_deref()),
        ("flow", flow),
        ("capture", (way == Way::Paste).then_some("paste")),
    ];
    for (name, word) in words {
        if let Some(word) = word {
            body[name] = word.into();
        }
    }
    body
}

async fn finish(
    login: &Login,
    settings: &Settings,
    way: Way,
    begun: &Begun,
    api: &Api,
    early: Option<TcpListener>,
    stop: &mut Stop,
) -> Result<ExitCode, CliFault> {
    let capture = match (way, api.here()) {
        (Way::Browser, Some(here)) if begun.needs_person => match Capture::open(begun, settings, here, early).await {
            Ok(capture) => Some(capture),
            Err(fault) => {
                attempt::give_up(begun, api, stop).await;
                return Err(fault);
            }
        },
        _ => None,
    };
    let end = match show(login, way, begun) {
        Ok(()) => attempt::wait(begun, api, login.timeout, stop).await,
        Err(fault) => {
            attempt::give_up(begun, api, stop).await;
            Err(fault)
        }
    };
    let told = match &end {
        Ok(End::Came(Progress::Done, _, Some(id))) => tell(login, *id, api).await,
        Ok(end) => Err(end.fault(login.timeout)),
        Err(_) => Ok(ExitCode::FAILURE),
    };
    if let Some(capture) = capture {
        // The browser is still loading the page that says how it ended.
        capture.close(matches!(end, Ok(End::Came(..)))).await;
    }
    end.and(told)
}

/// What the person is to do, on standard error: standard output is for the result.
fn show(login: &Login, way: Way, begun: &Begun) -> Result<(), CliFault> {
    if !begun.needs_person {
        if io::stderr().is_terminal() {
            console::note(text::ASKING);
        }
        return Ok(());
    }
    if way == Way::Device {
        let (Some(code), Some(uri)) = (&begun.user_code, &begun.verification_uri) else {
            return Err(text::strange_answer());
        };
        console::note(&text::by_device(code, uri));
        begun.authorization_url.as_deref().into_iter().for_each(code_for_cameras);
    } else {
        let link = begun.connect_url.as_deref().ok_or_else(text::strange_answer)?;
        if way == Way::Remote {
            console::note(&text::to_open(text::OPEN_ANYWHERE, link));
            if begun.is_for_this_machine() {
                console::note(text::ON_THIS_MACHINE_ONLY);
            } else {
                code_for_cameras(link);
            }
        } else {
            console::note(&text::to_open(text::OPEN_HERE, link));
            if !login.no_browser {
                let opened = Desktop::here().open(link);
                console::note(if opened { text::OPENED } else { text::NO_BROWSER_HERE });
            }
        }
    }
    if io::stderr().is_terminal() {
        console::note(text::WAITING);
    }
    Ok(())
}

/// On a terminal alone: elsewhere it is only noise.
fn code_for_cameras(link: &str) {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if let Some(drawn) = qr::draw(link).filter(|_| io::stderr().is_terminal() && !dumb) {
        console::note(&drawn);
    }
}

async fn tell(login: &Login, id: i64, api: &Api) -> Result<ExitCode, CliFault> {
    let answer = api.ask(Method::GET, &format!("/api/v1/credentials/{id}"), None).await?;
    let credential = answer.json()?;
    if login.json {
        console::line(answer.text()?)?;
    } else {
        console::line(&text::logged_in(&login.provider, &credential))?;
    }
    let warning = match credential["state"].as_str() {
        Some("unverified") => Some(text::UNVERIFIED),
        Some("scope_reduced") => Some(text::SCOPE_REDUCED),
        _ => None,
    };
    if let Some(warning) = warning {
        console::note(&format!("{}: {warning}", text::WARNING));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Args, Command};

    fn login(line: &str) -> Login {
        let words = ["grantkeep", "login"].into_iter().chain(line.split(' '));
        match Args::try_parse_from(words).unwrap().command {
            Command::Login(login) => login,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_typed_is_what_is_asked_for() {
        #[rustfmt::skip]
        let rows = [
            ("acme",                                    Way::Browser, json!({})),
            ("acme --account a --scope x --scope y",    Way::Browser, json!({"account_name": "a", "scope": "x y"})),
            ("vk --scope wall --scope video",           Way::Browser, json!({"scope": "wall,video"})),
            ("vk --flow vk_id",                         Way::Remote,  json!({"flow": "vk_id"})),
            ("mastodon --instance mstdn.jp --paste",    Way::Paste,   json!({"instance": "mstdn.jp", "capture": "paste"})),
            ("acme --flow implicit",                    Way::Browser, json!({"flow": "implicit"})),
            ("acme --device",                           Way::Device,  json!({"flow": "device"})),
        ];
        for (line, way, body) in rows {
            assert_eq!(request(&login(line), way), body, "{line}");
        }
    }

    #[test]
    fn one_way_at_a_time() {
        for line in
            ["acme --paste --device", "acme --device --remote", "acme --paste --remote", "acme --device --flow code"]
        {
            let words = ["grantkeep", "login"].into_iter().chain(line.split(' '));
            assert!(Args::try_parse_from(words).is_err(), "{line}");
        }
        assert_eq!(login("acme").timeout.as_secs(), 300);
    }
}
