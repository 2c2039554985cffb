//! Owns the commands: each asks the API and tells the result.

mod add;
mod audit;
mod calendar;
mod credential;
mod doctor;
mod forget;
mod key;
mod login;
mod notify;
mod provider;
mod refresh;
mod revoke;
mod status;
mod token;

use std::process::ExitCode;

use crate::{
    api::Api,
    args::{AuditCommand, Command, Key, Notify, Provider},
    fault::CliFault,
    process::Stop,
    serve,
    setting::Settings,
    text,
};

/// Runs a command.
pub(crate) async fn run(command: Command, settings: Settings) -> Result<ExitCode, CliFault> {
    if let Command::Serve(_) = command {
        return serve::run(settings).await;
    }
    if let Command::Doctor(doctor) = command {
        return doctor::run(doctor, settings).await;
    }
    if let Command::Notify(Notify::Test(test)) = command {
        return notify::test(&test, &settings).await;
    }
    // What a person types or pastes is read before the data directory is opened: a prompt keeps no server from starting.
    match command {
        Command::Add(add) => return add::run(&add, &settings).await,
        Command::Login(login) => return login::run(&login, settings).await,
        _ => {}
    }
    if let Command::Refresh(_) | Command::Token(_) = command {
        let mut stop = Stop::listen().map_err(|error| text::no_signals(error.kind()))?;
        return until_stopped(&settings, &mut stop, async |api| ask(command, &settings, api).await).await;
    }
    let api = Api::find(&settings).await?;
    let result = ask(command, &settings, &api).await;
    api.close().await;
    result
}

/// Works at the API; it may spend a refresh token or a code in this process. When asked to stop it gives up, but waits for what was sent;
/// when asked once more it does not wait for that either.
async fn until_stopped(
    settings: &Settings,
    stop: &mut Stop,
    work: impl AsyncFnOnce(&Api) -> Result<ExitCode, CliFault>,
) -> Result<ExitCode, CliFault> {
    let api = tokio::select! {
        found = Api::find(settings) => found?,
        () = stop.asked() => return Err(text::stopped()),
    };
    let result = tokio::select! {
        result = work(&api) => result,
        () = stop.asked() => Err(text::stopped()),
    };
    tokio::select! {
        () = api.close() => {}
        () = stop.asked() => {}
    }
    result
}

async fn ask(command: Command, settings: &Settings, api: &Api) -> Result<ExitCode, CliFault> {
    match command {
        Command::Audit(audit) => match &audit.command {
            None => audit::list(&audit, api).await,
            Some(AuditCommand::Verify(verify)) => audit::verify(verify, api).await,
        },
        Command::Calendar(calendar) => calendar::run(&calendar, &settings.owner, api).await,
        Command::Forget(forget) => forget::run(&forget, api).await,
        Command::Key(Key::Issue(issue)) => key::issue(&issue, &settings.owner, api).await,
        Command::Key(Key::List(list)) => key::list(&list, api).await,
        Command::Key(Key::Revoke(revoke)) => key::revoke(&revoke, api).await,
        Command::Provider(Provider::List(list)) => provider::list(&list, api).await,
        Command::Provider(Provider::Test(test)) => provider::test(&test, api).await,
        Command::Refresh(refresh) => refresh::run(&refresh, api).await,
        Command::Revoke(revoke) => revoke::run(&revoke, api).await,
        Command::Status(status) => status::run(&status, api).await,
        Command::Token(token) => token::run(&token, api).await,
        // Run above.
        Command::Add(_) | Command::Doctor(_) | Command::Login(_) | Command::Notify(_) | Command::Serve(_) => {
            Ok(ExitCode::SUCCESS)
        }
    }
}
