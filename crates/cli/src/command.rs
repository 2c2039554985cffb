//! Owns the commands: each asks the API and tells the result.

mod add;
mod credential;
mod doctor;
mod forget;
mod key;
mod login;
mod status;
mod token;

use std::process::ExitCode;

use crate::{
    api::Api,
    args::{Command, Key},
    fault::CliFault,
    serve,
    setting::Settings,
};

/// Runs a command.
pub(crate) async fn run(command: Command, settings: Settings) -> Result<ExitCode, CliFault> {
    if let Command::Serve(_) = command {
        return serve::run(settings).await;
    }
    if let Command::Doctor(doctor) = command {
        return doctor::run(doctor, settings).await;
    }
    let owner = settings.owner.clone();
    let api = Api::find(settings).await?;
    let result = match command {
        Command::Add(add) => add::run(&add, &api).await,
        Command::Forget(forget) => forget::run(&forget, &api).await,
        Command::Key(Key::Issue(issue)) => key::issue(&issue, &owner, &api).await,
        Command::Key(Key::List(list)) => key::list(&list, &api).await,
        Command::Key(Key::Revoke(revoke)) => key::revoke(&revoke, &api).await,
        Command::Login(login) => login::run(&login, &api).await,
        Command::Status(status) => status::run(&status, &api).await,
        Command::Token(token) => token::run(&token, &api).await,
        // Run above.
        Command::Doctor(_) | Command::Serve(_) => Ok(ExitCode::SUCCESS),
    };
    api.close().await;
    result
}
