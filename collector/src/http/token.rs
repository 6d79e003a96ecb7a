//! The bearer token of the HTTP side: read from a file, compared in constant time (RFC 6750, section 2.1).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The fewest characters of a token: 128 bits, written in hexadecimal or denser, are 22 to 32.
const SHORTEST: usize = 20;

/// A token file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("token_file {}: {what}", file.display())]
pub struct TokenError {
    file: PathBuf,
    what: String,
    #[source]
    source: Option<std::io::Error>,
}

/// A bearer token. Only its digest is kept, so that comparing takes the same time whatever the length of a guess.
#[derive(Clone)]
pub struct Token {
    sha256: Vec<u8>,
    /// The file's mode, where others than the owner may read it.
    pub readable_by_others: Option<u32>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// Reads a file with a token and nothing else. Space around it is taken off.
    ///
    /// # Errors
    /// When it cannot be read, or what is in it is no token.
    pub fn read(file: &Path) -> Result<Self, TokenError> {
        let failed = |what: &str, source| TokenError { file: file.to_owned(), what: what.to_owned(), source };
        let text = std::fs::read_to_string(file)
            .map_err(|error| failed("cannot be read; write a token into it: openssl rand -hex 32", Some(error)))?;
        let text = text.trim();
        if text.len() < SHORTEST {
            let what = format!("the token has {} characters, and needs {SHORTEST}: openssl rand -hex 32", text.len());
            return Err(failed(&what, None));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b)) {
            let what = "a bearer token is one line of letters, digits and - . _ ~ + / =: openssl rand -hex 32";
            return Err(failed(what, None));
        }
        let mode = std::fs::metadata(file).map_or(0, |found| found.permissions().mode() & 0o7777);
        Ok(Self { readable_by_others: (mode & 0o077 != 0).then_some(mode), ..Self::of(text) })
    }

    fn of(text: &str) -> Self {
        Self { sha256: digest(&SHA256, text.as_bytes()).as_ref().to_vec(), readable_by_others: None }
    }

    /// True when the request brings this token, once.
    pub fn allows(&self, headers: &HeaderMap) -> bool {
        credentials(headers, "bearer").is_some_and(|given| self.is(given.as_bytes()))
    }

    /// True when the request brings this token as the password of HTTP Basic (RFC 7617), whatever the name.
    pub fn allows_basic(&self, headers: &HeaderMap) -> bool {
        let Some(Ok(pair)) = credentials(headers, "basic").map(|given| STANDARD.decode(given)) else { return false };
        let colon = pair.iter().position(|byte| *byte == b':');
        colon.is_some_and(|colon| self.is(&pair[colon + 1..]))
    }

    fn is(&self, given: &[u8]) -> bool {
        verify_slices_are_equal(&self.sha256, digest(&SHA256, given).as_ref()).is_ok()
    }
}

/// What a request brings in one scheme, where it has one such field and no other.
fn credentials<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return None };
    let (scheme, given) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| given.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "0123456789abcdef0123456789abcdef";

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
    }

    #[test]
    fn only_the_token_opens() {
        let token = Token::of(GOOD);
        assert!(token.allows(&headers(&[&format!("Bearer {GOOD}")])));
        assert!(token.allows(&headers(&[&format!("bearer  {GOOD}")])));
        for wrong in [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            GOOD.to_owned(),
            format!("Basic {GOOD}"),
            format!("Bearer {}", &GOOD[..31]),
            format!("Bearer {GOOD}0"),
            format!("Bearer {}", GOOD.to_uppercase()),
        ] {
            assert!(!token.allows(&headers(&[&wrong])), "{wrong}");
        }
        assert!(!token.allows(&headers(&[])));
        let right = format!("Bearer {GOOD}");
        assert!(!token.allows(&headers(&[&right, "Bearer other"])), "two headers are one too many");
    }

    #[test]
    fn a_browser_brings_the_token_as_a_password() {
        let token = Token::of(GOOD);
        let basic = |pair: &str| headers(&[&format!("Basic {}", STANDARD.encode(pair))]);
        assert!(token.allows_basic(&basic(&format!("anybody:{GOOD}"))));
        assert!(token.allows_basic(&basic(&format!(":{GOOD}"))));
        for wrong in [GOOD.to_owned(), format!("{GOOD}:"), format!("a:b:{GOOD}"), format!("a:{GOOD}0"), "a:".to_owned()]
        {
            assert!(!token.allows_basic(&basic(&wrong)), "{wrong}");
        }
        assert!(!token.allows_basic(&headers(&[&format!("Basic a:{GOOD}")])), "base64 is needed");
        assert!(!token.allows_basic(&headers(&[&format!("Bearer {GOOD}")])));
        assert!(!token.allows(&basic(&format!("a:{GOOD}"))), "a bearer token is brought as such");
    }

    #[test]
    fn a_file_holds_one_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let write = |text: &str, mode: u32| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            Token::read(&file)
        };
        let token = write(&format!("{GOOD}\n"), 0o600).unwrap();
        assert!(token.readable_by_others.is_none() && token.allows(&headers(&[&format!("Bearer {GOOD}")])));
        assert_eq!(write(GOOD, 0o644).unwrap().readable_by_others, Some(0o644));
        for (text, word) in [("", "0 characters"), ("short", "5 characters"), ("two words are no token", "one line")] {
            let error = write(text, 0o600).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("token_file"), "{error}");
        }
        assert!(Token::read(&folder.path().join("absent")).is_err());
        assert!(!format!("{token:?}").contains("0123"), "a token is never shown");
    }
}
