//! Owns the rows, in the order of their codes; the first row of a code is what its bare number means.

use super::Refusal;

const fn row(code: u16, message: &'static str) -> Refusal {
    Refusal { code, subcode: None, variant: "", message, members: "" }
}

const fn variant(code: u16, variant: &'static str, message: &'static str) -> Refusal {
    Refusal { code, subcode: None, variant, message, members: "" }
}

impl Refusal {
    const fn subcode(mut self, subcode: u16) -> Self {
        self.subcode = Some(subcode);
        self
    }

    const fn with(mut self, members: &'static str) -> Self {
        self.members = members;
        self
    }
}

const CAPTCHA_OLD: &str = r#""captcha_sid":"239633676097","captcha_img":"{base}/captcha.php?sid=239633676097","captcha_ts":1768145400.123,"captcha_attempt":1,"captcha_ratio":2.6,"captcha_height":50,"captcha_width":130,"captcha_track":"","is_refresh_enabled":true,"is_sound_captcha_available":true"#;

const CAPTCHA_NEW: &str = r#""captcha_sid":"239633676097","captcha_img":"{base}/captcha.php?sid=239633676097","captcha_ts":1768145400.123,"captcha_attempt":1,"redirect_uri":"{base}/not_robot_captcha?domain=vk.com&session_token=sandbox&variant=popup&blank=1","remixstlid":9031827364,"is_refresh_enabled":true,"is_sound_captcha_available":true"#;

const VALIDATION: &str =
    r#""redirect_uri":"{base}/activation?act=validate&api_hash=f2fed5f22ebadc301e&hash=c8acf371111c938417""#;

pub(crate) static TABLE: &[Refusal] = &[
    row(1, "Unknown error occurred"),
    row(2, "Application is disabled. Enable your application or use test mode"),
    row(3, "Unknown method passed"),
    row(4, "Incorrect signature"),
    variant(5, "invalid", "User authorization failed: invalid access_token (4)."),
    variant(5, "invalid_2", "User authorization failed: invalid access_token (2)."),
    variant(5, "invalid_plain", "User authorization failed: invalid access_token."),
    variant(5, "no_token", "User authorization failed: no access_token passed."),
    variant(5, "expired", "User authorization failed: access_token has expired."),
    variant(5, "expired_ancient", "User authorization failed: access_token have heen expired."),
    variant(5, "ip", "User authorization failed: access_token was given to another ip address.").subcode(1130),
    variant(5, "session", "User authorization failed: invalid session."),
    variant(5, "revoked", "User authorization failed: user revoke access for this token."),
    variant(5, "blocked", "User authorization failed: user is blocked."),
    variant(5, "deactivated", "User authorization failed: user is deactivated."),
    variant(
        5,
        "nohttps",
        "User authorization failed: You should specify sig param for nohttps requests (scope contain nohttps)",
    ),
    row(6, "Too many requests per second"),
    row(7, "Permission to perform this action is denied"),
    row(8, "Invalid request"),
    variant(8, "blocked", "Invalid request: Application is blocked"),
    row(9, "Flood control"),
    row(10, "Internal server error"),
    variant(10, "check_later", "Internal server error: could not check access_token now, check later."),
    row(13, "Runtime error occurred during code invocation"),
    row(14, "Captcha needed").with(CAPTCHA_OLD),
    variant(14, "redirect", "Captcha needed").with(CAPTCHA_NEW),
    row(15, "Access denied"),
    variant(15, "no_access", "Access denied: no access to call this method"),
    variant(15, "scopes", "Access denied: no access to call this method. It cannot be called with current scopes.")
        .subcode(1133),
    // The text of 1134 is not on record; this one only follows the pattern.
    variant(15, "app_type", "Access denied: no access to call this method. It cannot be called with current app type.")
        .subcode(1134),
    variant(15, "token", "Access denied: token required"),
    row(16, "HTTP authorization failed"),
    row(17, "Validation required: please open redirect_uri in browser").with(VALIDATION),
    row(18, "User was deleted or banned"),
    row(20, "Permission to perform this action is denied for non-standalone applications"),
    row(21, "Permission to perform this action is allowed only for standalone and OpenAPI applications"),
    row(23, "This method was disabled"),
    row(24, "Confirmation required").with(r#""confirmation_text":"Are you sure that you want to do this?""#),
    row(25, "Token confirmation required"),
    row(27, "Group authorization failed"),
    variant(27, "method", "Group authorization failed: method is unavailable with group auth."),
    row(28, "Application authorization failed"),
    variant(28, "method", "Application authorization failed: method is unavailable with service token."),
    variant(28, "expired", "Application authorization failed: access_token has expired."),
    row(29, "Rate limit reached"),
    row(30, "This profile is private"),
    row(34, "Client version deprecated"),
    row(35, "Client update needed"),
    row(36, "Method execution was interrupted due to timeout"),
    row(37, "User was banned"),
    row(42, "IP is not allowed"),
    row(43, "This section is temporary unavailable"),
    row(100, "One of the parameters specified was missing or invalid"),
    // The exact texts of 100 about a missing version and missing ids are not on record.
    variant(100, "v", "One of the parameters specified was missing or invalid: v is undefined"),
    variant(
        100,
        "group_id",
        "One of the parameters specified was missing or invalid: group_id should be greater than 0",
    ),
    variant(100, "group_ids", "One of the parameters specified was missing or invalid: group_ids is undefined"),
    variant(100, "token", "One of the parameters specified was missing or invalid: token is undefined"),
    row(101, "Invalid application API ID"),
    row(113, "Invalid user id"),
    row(125, "Invalid group id"),
    row(203, "Access to group denied"),
    row(1051, "Method is not available for this profile type: method is unavailable with current profile type"),
    row(1105, "Too many auth attempts, try again later"),
    row(1114, "Anonymous token has expired"),
    row(1116, "Anonymous token is invalid"),
    row(1117, "Access token has expired"),
    row(1118, "Anonymous token ip mismatch"),
    row(3300, "Recaptcha needed"),
    row(3301, "Phone validation needed"),
    row(3302, "Password validation needed"),
    row(3303, "Otp app validation needed"),
    row(3304, "Email confirmation needed"),
    row(3305, "Assert votes"),
    row(3609, "Token extension required").with(r#""extend_hash":"c8acf371111c938417""#),
    row(3610, "User is deactivated"),
    row(3611, "Service is deactivated for user"),
    row(9999, "Not supported http method"),
    row(11500, "CheckUserAction confirmation required"),
];
