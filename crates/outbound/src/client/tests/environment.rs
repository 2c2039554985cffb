//! Proxies in the environment are ignored. The environment is set for a process of its own: this test, run again.

use std::{env, io::Write};

use grantkeep_core::NoAnswer;
use url::Url;

use super::{
    check,
    stage::{self, Canary, client_for},
};
use crate::Client;

const SERVER: &str = "GRANTKEEP_TEST_SERVER";

#[tokio::test]
async fn proxies_are_ignored() {
    if let Ok(server) = env::var(SERVER) {
        return past_the_proxies(&server.parse().unwrap()).await;
    }
    let server = stage::serve(|stream, _| stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n"));
    let canary = Canary::start();
    for scheme in ["http", "socks5"] {
        let proxy = format!("{scheme}://127.0.0.1:{}", canary.port);
        let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let mut variables = names.map(|name| (name, proxy.as_str())).to_vec();
        variables.push((SERVER, server.as_str()));
        stage::run_alone(concat!(module_path!(), "::proxies_are_ignored"), &variables);
    }
    assert_eq!(canary.hits(), 0);
}

async fn past_the_proxies(server: &Url) {
    assert_eq!(client_for(server).send(check(server)).await.unwrap().status, 204);
    let client = Client { lookup: stage::everything_is_here(), ..Client::default() };
    let inside = "https://mast.example.org/".parse().unwrap();
    assert_eq!(client.send(check(&inside)).await.unwrap_err(), NoAnswer::Unreachable);
}
