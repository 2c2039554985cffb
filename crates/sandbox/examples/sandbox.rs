//! Runs the sandbox on an address: `cargo run -p grantkeep-sandbox --example sandbox -- 127.0.0.1:8001`.

#![expect(clippy::print_stdout, reason = "an example that tells where it is")]

use std::error::Error;

use grantkeep_sandbox::{Options, start};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8001".to_owned()).parse()?;
    let sandbox = start(Options { listen }).await?;
    println!("VK              {}", sandbox.vk_url());
    println!("OAuth 2.0       {}", sandbox.oauth2_url());
    for (name, url) in sandbox.mastodons() {
        println!("{name:<15} {url}");
    }
    println!("Ctrl-C ends it.");
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(())
}
