//! Holds the sign-in against tokens that are built here by hand, so that the library that reads them is not its own judge.

use aws_lc_rs::hmac;

use super::*;

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

/// The clock of these tests. In claims `@` stands for it: `@-31` is 31 s earlier.
const NOW: i64 = 1_768_059_000;

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const CLAIMS: &str = r#"{"sub":"anna","exp":@+60}"#;

fn authority() -> Authority {
    let secret = Secret::from(std::str::from_utf8(KEY).unwrap());
    Authority::new(JwtSecret::from_text(&secret).unwrap(), [])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn mac(algorithm: hmac::Algorithm, key: &[u8], message: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&hmac::Key::new(algorithm, key), message.as_bytes()))
}

/// `header.claims`, with the times filled in.
fn message(header: &str, claims: &str) -> String {
    let mut filled = String::new();
    for (index, part) in claims.split('@').enumerate() {
        let end = part.find(|c: char| !matches!(c, '+' | '-' | '0'..='9')).unwrap_or(part.len());
        match index {
            0 => filled += part,
            _ => filled += &format!("{}{}", NOW + part[..end].parse::<i64>().unwrap(), &part[end..]),
        }
    }
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(filled))
}

fn token(header: &str, claims: &str) -> String {
    let message = message(header, claims);
    let signature = mac(hmac::HMAC_SHA256, KEY, &message);
    format!("{message}.{signature}")
}

fn good() -> String {
    token(HEADER, CLAIMS)
}

fn sign_in(authority: &Authority, header: &[u8], now: i64) -> Result<Arc<Caller>, NotSignedIn> {
    authority.caller(Some(&HeaderValue::from_bytes(header).unwrap()), at(now))
}

fn accepts(token: &str) -> bool {
    sign_in(&authority(), format!("Bearer {token}").as_bytes(), NOW).is_ok()
}

/// The last character of a part replaced by one that decodes to the same bytes in a lax reader.
fn with_loose_bits(part: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(part.len() % 4, 0, "this part has no loose bits");
    let (last, rest) = part.as_bytes().split_last().unwrap();
    let index = ALPHABET.iter().position(|byte| byte == last).unwrap();
    format!("{}{}", std::str::from_utf8(rest).unwrap(), char::from(ALPHABET[index + 1]))
}

#[test]
fn judges_headers() {
    for (header, expected) in [
        (r#"{"alg":"HS256"}"#, true),
        (r#"{"alg":"HS256","typ":"JWT"}"#, true),
        (r#"{"alg":"HS256","typ":"at+jwt"}"#, true),
        (r#"{"typ":"anything","alg":"HS256"}"#, true),
        (r#"{"alg":"HS256","kid":"../../dev/null","cty":"x","vendor":5}"#, true),
        (r#"{"alg":"HS256","jku":"https://keys.example/","x5u":"https://keys.example/"}"#, true),
        (r#"{"alg":"none"}"#, false),
        (r#"{"alg":"None"}"#, false),
        (r#"{"alg":"noNE"}"#, false),
        (r#"{"alg":""}"#, false),
        (r#"{"alg":"hs256"}"#, false),
        (r#"{"alg":"HS256 "}"#, false),
        (r#"{"alg":"HS384"}"#, false),
        (r#"{"alg":"HS512"}"#, false),
        (r#"{"alg":"RS256"}"#, false),
        (r#"{"alg":"ES256"}"#, false),
        (r#"{"alg":"EdDSA"}"#, false),
        (r#"{"alg":null}"#, false),
        (r#"{"alg":["HS256"]}"#, false),
        (r#"{"typ":"JWT"}"#, false),
        (r#"{"alg":"HS256","crit":["exp"]}"#, false),
        (r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, false),
        (r#"{"alg":"HS256","crit":[]}"#, false),
        (r#"{"alg":"HS256","crit":null}"#, false),
        (r#"{"alg":"HS256","alg":"HS256"}"#, false),
        (r#"{"alg":"HS256","alg":"none"}"#, false),
        (r#"{"alg":"none","alg":"HS256"}"#, false),
        (r#"{"alg":"HS256","\u0061lg":"none"}"#, false),
        (r#"{"alg":"HS256","crit":null,"crit":null}"#, false),
        (r#"["HS256"]"#, false),
        (r#"["HS256",null]"#, false),
        (r#""HS256""#, false),
        (r#"{"alg":"HS256"} x"#, false),
        ("\u{feff}{\"alg\":\"HS256\"}", false),
        ("{}", false),
        ("null", false),
        ("", false),
    ] {
        assert_eq!(accepts(&token(header, CLAIMS)), expected, "{header}");
    }
}

#[test]
fn judges_claims() {
    for (claims, expected) in [
        (r#"{"sub":"anna","exp":@+60}"#, true),
        // exp: required, a number, 30 s of leeway.
        (r#"{"sub":"anna"}"#, false),
        (r#"{"sub":"anna","exp":null}"#, false),
        (r#"{"sub":"anna","exp":"@+60"}"#, false),
        (r#"{"sub":"anna","exp":[@+60]}"#, false),
        (r#"{"sub":"anna","exp":true}"#, false),
        (r#"{"sub":"anna","exp":NaN}"#, false),
        (r#"{"sub":"anna","exp":Infinity}"#, false),
        (r#"{"sub":"anna","exp":@+60.5}"#, true),
        (r#"{"sub":"anna","exp":@-60.5}"#, false),
        (r#"{"sub":"anna","exp":1e12}"#, true),
        (r#"{"sub":"anna","exp":1e-12}"#, false),
        (r#"{"sub":"anna","exp":9223372036854775807}"#, true),
        (r#"{"sub":"anna","exp":99999999999999999999999}"#, true),
        (r#"{"sub":"anna","exp":1e999}"#, false),
        (r#"{"sub":"anna","exp":0}"#, false),
        (r#"{"sub":"anna","exp":-1}"#, false),
        (r#"{"sub":"anna","exp":-1e30}"#, false),
        (r#"{"sub":"anna","exp":@-29}"#, true),
        (r#"{"sub":"anna","exp":@-30}"#, false),
        (r#"{"sub":"anna","exp":@-31}"#, false),
        // nbf and iat: not required, a number, 30 s of leeway.
        (r#"{"sub":"anna","exp":@+60,"nbf":@-1,"iat":@-1}"#, true),
        (r#"{"sub":"anna","exp":@+60,"nbf":null,"iat":null}"#, true),
        (r#"{"sub":"anna","exp":@+60,"nbf":@+29}"#, true),
        (r#"{"sub":"anna","exp":@+60,"nbf":@+30}"#, true),
        (r#"{"sub":"anna","exp":@+60,"nbf":@+31}"#, false),
        (r#"{"sub":"anna","exp":@+60,"iat":@+29}"#, true),
        (r#"{"sub":"anna","exp":@+60,"iat":@+31}"#, false),
        (r#"{"sub":"anna","exp":@+60,"nbf":@-9,"iat":@+31}"#, false),
        (r#"{"sub":"anna","exp":@+60,"nbf":@+31,"iat":@-9}"#, false),
        (r#"{"sub":"anna","exp":@+60,"nbf":1e30}"#, false),
        (r#"{"sub":"anna","exp":@+60,"nbf":"@-9"}"#, false),
        (r#"{"sub":"anna","exp":@+60,"iat":"yesterday"}"#, false),
        // sub: required, a text that can be an owner.
        (r#"{"exp":@+60}"#, false),
        (r#"{"sub":null,"exp":@+60}"#, false),
        (r#"{"sub":"","exp":@+60}"#, false),
        (r#"{"sub":7,"exp":@+60}"#, false),
        (r#"{"sub":["anna"],"exp":@+60}"#, false),
        (r#"{"sub":"an\u0000na","exp":@+60}"#, false),
        (r#"{"sub":"anna\n","exp":@+60}"#, false),
        (r#"{"sub":"\u0085","exp":@+60}"#, false),
        (r#"{"sub":"\ud800","exp":@+60}"#, false),
        (r#"{"sub":"Анна 🦀","exp":@+60}"#, true),
        (r#"{"sub":" anna ","exp":@+60}"#, true),
        // A name that stands twice is read differently by different programs.
        (r#"{"sub":"anna","sub":"boris","exp":@+60}"#, false),
        (r#"{"sub":"anna","\u0073ub":"boris","exp":@+60}"#, false),
        (r#"{"sub":"anna","exp":@-60,"exp":@+60}"#, false),
        (r#"{"sub":"anna","exp":@+60,"nbf":@-60,"nbf":@-60}"#, false),
        (r#"{"sub":"anna","exp":@+60,"scope":"status","scope":"admin"}"#, false),
        (r#"{"sub":"anna","exp":@+60,"aud":"a","aud":"grantkeep"}"#, false),
        // What other systems put into their tokens.
        (r#"{"sub":"anna","exp":@+60,"aud":"grantkeep"}"#, true),
        (r#"{"sub":"anna","exp":@+60,"aud":["grantkeep","other"]}"#, true),
        (r#"{"sub":"anna","exp":@+60,"aud":"other"}"#, true),
        (r#"{"sub":"anna","exp":@+60,"aud":[]}"#, true),
        (r#"{"sub":"anna","exp":@+60,"aud":5}"#, true),
        (r#"{"sub":"anna","exp":@+60,"iss":"https://host.example"}"#, true),
        (r#"{"sub":"anna","exp":@+60,"iss":["a","b"],"jti":7}"#, true),
        (r#"{"sub":"anna","exp":@+60,"jti":"j1","scope":null}"#, true),
        (r#"{"sub":"anna","exp":@+60,"email":"a@+0","roles":["x"],"nested":{"a":{"b":[1]}}}"#, true),
        // Claims are one object.
        (r#"["anna",@+60]"#, false),
        (r#"["anna",@+60,null,null,null,null,null,null]"#, false),
        (r#""anna""#, false),
        (r#"{"sub":"anna","exp":@+60} {}"#, false),
        (r#"{"sub":"anna","exp":@+60"#, false),
        ("", false),
    ] {
        assert_eq!(accepts(&token(HEADER, claims)), expected, "{claims}");
    }
}

#[test]
fn judges_owners_by_length() {
    for (length, expected) in [(1, true), (255, true), (256, false), (4000, false)] {
        let claims = format!(r#"{{"sub":"{}","exp":@+60}}"#, "a".repeat(length));
        assert_eq!(accepts(&token(HEADER, &claims)), expected, "{length} characters");
    }
}

#[test]
fn judges_signatures() {
    let message = message(HEADER, CLAIMS);
    let signature = mac(hmac::HMAC_SHA256, KEY, &message);
    let raw = URL_SAFE_NO_PAD.decode(&signature).unwrap();
    let flipped = |index: usize| {
        let mut raw = raw.clone();
        raw[index] ^= 1;
        URL_SAFE_NO_PAD.encode(raw)
    };
    for (name, signature, expected) in [
        ("ours", signature.clone(), true),
        ("empty", String::new(), false),
        ("another key", mac(hmac::HMAC_SHA256, b"0123456789abcdef0123456789abcdeg", &message), false),
        ("no key", mac(hmac::HMAC_SHA256, b"", &message), false),
        ("the key in base64", mac(hmac::HMAC_SHA256, URL_SAFE_NO_PAD.encode(KEY).as_bytes(), &message), false),
        ("HS384 under HS256", mac(hmac::HMAC_SHA384, KEY, &message), false),
        ("HS512 under HS256", mac(hmac::HMAC_SHA512, KEY, &message), false),
        ("of another message", mac(hmac::HMAC_SHA256, KEY, &format!("{message}A")), false),
        ("first bit flipped", flipped(0), false),
        ("last bit flipped", flipped(31), false),
        ("cut by a byte", URL_SAFE_NO_PAD.encode(&raw[..31]), false),
        ("cut to a byte", URL_SAFE_NO_PAD.encode(&raw[..1]), false),
        ("cut by a character", signature[..signature.len() - 1].to_owned(), false),
        ("lengthened", format!("{signature}AA"), false),
        ("twice", format!("{signature}{signature}"), false),
        ("zeros", URL_SAFE_NO_PAD.encode([0; 32]), false),
        ("padded", format!("{signature}="), false),
        ("loose bits", with_loose_bits(&signature), false),
        ("standard alphabet", format!("+{}", &signature[1..]), false),
        ("a space within", format!("{} {}", &signature[..9], &signature[9..]), false),
    ] {
        assert_eq!(accepts(&format!("{message}.{signature}")), expected, "{name}");
    }
    for (algorithm, header) in [(hmac::HMAC_SHA384, r#"{"alg":"HS384"}"#), (hmac::HMAC_SHA512, r#"{"alg":"HS512"}"#)] {
        let message = self::message(header, CLAIMS);
        assert!(!accepts(&format!("{message}.{}", mac(algorithm, KEY, &message))), "{header}, signed so");
    }
}

#[test]
fn judges_the_form_of_a_token() {
    let good = good();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("three parts") };
    // Signed over what stands there, so that only the form speaks against it.
    let signed = |message: String| format!("{message}.{}", mac(hmac::HMAC_SHA256, KEY, &message));
    for (name, token, expected) in [
        ("as it is", good.clone(), true),
        ("no token", String::new(), false),
        ("one part", header.to_owned(), false),
        ("two parts", format!("{header}.{claims}"), false),
        ("four parts", format!("{good}.{signature}"), false),
        ("five parts", format!("{good}.{signature}.{signature}"), false),
        ("four parts, signed", signed(format!("{header}.{claims}.{claims}")), false),
        ("a dot behind", format!("{good}."), false),
        ("a dot before", format!(".{good}"), false),
        ("dots only", "..".to_owned(), false),
        ("header padded", signed(format!("{header}=.{claims}")), false),
        ("claims padded", signed(format!("{header}.{claims}=")), false),
        ("claims with loose bits", signed(format!("{header}.{}", with_loose_bits(claims))), false),
        ("claims cut", signed(format!("{header}.{}", &claims[..claims.len() - 4])), false),
        ("no claims", signed(format!("{header}.")), false),
        ("no header", signed(format!(".{claims}")), false),
        ("garbage behind", format!("{good}!"), false),
        ("a comma and another", format!("{good},{good}"), false),
        ("in quotes", format!("\"{good}\""), false),
        ("a tab behind", format!("{good}\t"), false),
        ("a space behind", format!("{good} "), false),
        ("JSON serialisation", format!(r#"{{"payload":"{claims}","signature":"{signature}"}}"#), false),
    ] {
        assert_eq!(accepts(&token), expected, "{name}");
    }
}

#[test]
fn judges_the_authorization_header() {
    let good = good();
    for (header, expected) in [
        (format!("Bearer {good}"), true),
        (format!("bearer {good}"), true),
        (format!("BEARER {good}"), true),
        (format!("bEaReR {good}"), true),
        (format!("Bearer  {good}"), false),
        (format!(" Bearer {good}"), false),
        (format!("Bearer\t{good}"), false),
        (format!("Bearer:{good}"), false),
        (format!("Bearer {good} {good}"), false),
        (format!("Bearer token={good}"), false),
        (format!("Bearer{good}"), false),
        (format!("Basic {good}"), false),
        (format!("DPoP {good}"), false),
        (format!("Token {good}"), false),
        (format!("Bearer Bearer {good}"), false),
        (format!("Bearer {good}я"), false),
        (good.clone(), false),
        ("Bearer".into(), false),
        ("Bearer ".into(), false),
        (String::new(), false),
    ] {
        assert_eq!(sign_in(&authority(), header.as_bytes(), NOW).is_ok(), expected, "{header}");
    }
    assert!(authority().caller(None, at(NOW)).is_err(), "no header");
    assert!(sign_in(&authority(), b"Bearer \xff\xfe", NOW).is_err(), "not text");
    assert!(
        HeaderValue::from_bytes(format!("Bearer {good}\n").as_bytes()).is_err(),
        "a line break is no header at all"
    );
}

#[test]
fn looks_at_8_kib_and_no_more() {
    let padded = |(header, claims)| {
        let spaces = |count| " ".repeat(count);
        token(&format!("{HEADER}{}", spaces(header)), &format!("{CLAIMS}{}", spaces(claims)))
    };
    // Base64 has no text of every length; two of them together do.
    let of_length = |length| {
        let mut tokens = (0..3).flat_map(|claims| (6030..6060).map(move |header| (header, claims))).map(padded);
        tokens.find(|token| token.len() == length).unwrap()
    };
    for (length, expected) in [(8191, true), (8192, true), (8193, false), (8194, false)] {
        assert_eq!(accepts(&of_length(length)), expected, "{length} bytes");
    }
    assert!(!accepts(&padded((60_000, 0))));
}

#[test]
fn grants_what_scope_and_providers_say() {
    let all = [Permissions::STATUS, Permissions::SUBMIT, Permissions::TOKEN, Permissions::ADMIN];
    for (claims, may, at_vk) in [
        ("", "status submit", true),
        (r#","scope":"""#, "status submit", true),
        (r#","scope":null"#, "status submit", true),
        (r#","scope":"openid profile""#, "status submit", true),
        (r#","scope":5"#, "status submit", true),
        (r#","scope":"status""#, "status", true),
        (r#","scope":"submit""#, "submit", true),
        (r#","scope":"token""#, "token", true),
        (r#","scope":"status  token""#, "status token", true),
        (r#","scope":"openid token email""#, "token", true),
        (r#","scope":"status,token""#, "status submit", true),
        (r#","scope":"TOKEN Admin""#, "status submit", true),
        (r#","scope":"admin""#, "status submit token admin", true),
        (r#","scope":["token","openid"]"#, "token", true),
        (r#","scope":["status","submit token"]"#, "status submit token", true),
        (r#","scope":[]"#, "status submit", true),
        // Our own keys may be kept to some providers. Elsewhere the claim means something else.
        (r#","providers":"github""#, "status submit", true),
        (r#","providers":[]"#, "status submit", true),
        (r#","aud":"other","providers":"github""#, "status submit", true),
        (r#","aud":"grantkeep""#, "status submit", true),
        (r#","aud":"grantkeep","providers":null"#, "status submit", true),
        (r#","aud":"grantkeep","providers":"vk""#, "status submit", true),
        (r#","aud":["x","grantkeep"],"providers":"github vk""#, "status submit", true),
        (r#","aud":"grantkeep","providers":["vk"]"#, "status submit", true),
        (r#","aud":"grantkeep","providers":"github""#, "status submit", false),
        (r#","aud":["x","grantkeep"],"providers":"github""#, "status submit", false),
        (r#","aud":"grantkeep","providers":["github"]"#, "status submit", false),
        (r#","aud":"grantkeep","providers":"""#, "status submit", false),
        (r#","aud":"grantkeep","providers":5"#, "status submit", false),
    ] {
        let token = token(HEADER, &format!(r#"{{"sub":"anna","exp":@+60{claims}}}"#));
        let caller = sign_in(&authority(), format!("Bearer {token}").as_bytes(), NOW).expect(claims);
        let granted: Vec<&str> =
            all.into_iter().filter(|one| caller.may.include(*one)).map(Permissions::word).collect();
        assert_eq!((granted.join(" ").as_str(), caller.may_use(Provider::Vk).is_ok()), (may, at_vk), "{claims}");
        assert_eq!(caller.owner.as_str(), "anna");
    }
}

#[test]
fn a_remembered_token_ends_with_its_time() {
    let (authority, header) =
        (authority(), format!("Bearer {}", token(HEADER, r#"{"sub":"anna","exp":@+60,"nbf":@+0}"#)));
    for (now, expected) in [(0, true), (-31, false), (-30, true), (89, true), (90, false), (9999, false), (60, true)] {
        assert_eq!(sign_in(&authority, header.as_bytes(), NOW + now).is_ok(), expected, "{now:+} s");
    }
    assert_eq!(authority.verified.len(), 1);
}

#[test]
fn a_revoked_key_ends_at_once_even_when_remembered() {
    let authority = authority();
    let [one, other, foreign] =
        [r#""aud":"grantkeep","jti":"k_1""#, r#""aud":"grantkeep","jti":"k_2""#, r#""jti":"k_1""#]
            .map(|claims| format!("Bearer {}", token(HEADER, &format!(r#"{{"sub":"anna","exp":@+60,{claims}}}"#))));
    let accepted = || [&one, &other, &foreign].map(|header| sign_in(&authority, header.as_bytes(), NOW).is_ok());
    assert_eq!(accepted(), [true, true, true]);
    authority.revoke("k_1");
    // The third is a host application's own token, whose jti is none of our key ids.
    assert_eq!(accepted(), [false, true, true]);

    let secret = JwtSecret::from_text(&Secret::from(std::str::from_utf8(KEY).unwrap())).unwrap();
    let restarted = Authority::new(secret, ["k_1".to_owned()]);
    assert!(sign_in(&restarted, one.as_bytes(), NOW).is_err(), "after a restart");
}

#[test]
fn only_verified_tokens_are_remembered_and_never_in_plain() {
    let authority = authority();
    let forged = format!("{}.{}", message(HEADER, CLAIMS), URL_SAFE_NO_PAD.encode([7; 32]));
    for _ in 0..3 {
        assert!(sign_in(&authority, format!("Bearer {forged}").as_bytes(), NOW).is_err());
    }
    assert_eq!(authority.verified.len(), 0);
    assert!(sign_in(&authority, format!("Bearer {}", good()).as_bytes(), NOW).is_ok());
    let keys: Vec<[u8; 32]> = authority.verified.iter().map(|(hash, _)| hash).collect();
    assert_eq!(keys, [<[u8; 32]>::try_from(digest(&SHA256, good().as_bytes()).as_ref()).unwrap()]);
    assert_eq!(format!("{authority:?}"), "Authority");
}

#[test]
fn issues_keys_that_say_what_was_asked_and_sign_in() {
    let owner = Owner::new("Анна").unwrap();
    let new = |permissions, providers| NewKey {
        id: "k_0011223344556677",
        owner: &owner,
        permissions,
        providers,
        issued_at: at(NOW),
        expires_at: at(NOW + 60),
    };
    for (permissions, providers, expected) in [
        ("status", None, r#""scope":"status"}"#),
        ("status token", Some("vk"), r#""scope":"status token","providers":"vk"}"#),
    ] {
        let key = authority().issue(&new(permissions, providers)).unwrap();
        let [header, claims, signature] = key.expose().split('.').collect::<Vec<_>>()[..] else {
            panic!("three parts")
        };
        let read = |part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let ids = r#"{"sub":"Анна","aud":"grantkeep","jti":"k_0011223344556677""#;
        assert_eq!(read(header), r#"{"typ":"JWT","alg":"HS256"}"#);
        assert_eq!(read(claims), format!(r#"{ids},"iat":{NOW},"exp":{},{expected}"#, NOW + 60));
        assert_eq!(signature, mac(hmac::HMAC_SHA256, KEY, &format!("{header}.{claims}")));
        assert!(accepts(key.expose()));
    }
}

#[test]
fn a_secret_is_judged_by_its_length_only() {
    for (text, expected) in [
        ("0123456789abcdef0123456789abcdef", None),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", None),
        ("яяяяяяяяяяяяяяяя", None), // 16 characters of two bytes
        ("0123456789abcdef0123456789abcde", Some(JwtSecretFault::TooShort)),
        ("", Some(JwtSecretFault::TooShort)),
        ("base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", None),
        ("base64: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n", None),
        ("base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ==", Some(JwtSecretFault::TooShort)),
        ("base64:0123456789abcdef0123456789abcdef?", Some(JwtSecretFault::NotBase64)),
    ] {
        assert_eq!(JwtSecret::from_text(&Secret::from(text)).err(), expected, "{text}");
    }
    let encoded = JwtSecret::from_text(&Secret::from("base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")).unwrap();
    assert_eq!(format!("{encoded:?}"), "JwtSecret(…)");
    let decoded = Authority::new(encoded, []);
    assert!(
        sign_in(&decoded, format!("Bearer {}", good()).as_bytes(), NOW).is_ok(),
        "the same secret, written in base64"
    );
}
