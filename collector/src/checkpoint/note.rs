//! Signed notes, <https://c2sp.org/signed-note>: text, a blank line, and a line for each signature.
//!
//! Three of the assigned signature types are read: `0x01`, Ed25519 over the text; `0x02`, ECDSA over its SHA-256, in DER; `0x04`,
//! a witness's Ed25519 over the text with a time (<https://c2sp.org/tlog-cosignature>). It deliberately trusts no key: the
//! caller brings them, and a line by any other is unknown. Notes whose text has blank lines are no checkpoints, and not read.

use crate::signing::Verifier;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidenced_schemas::Digest;

/// What a signature line begins with: an em dash (U+2014) and a space.
const SIGNED: &str = "\u{2014} ";
/// The largest file that is read, in bytes: some thousand checkpoints.
const LARGEST: usize = 1 << 20;
/// Signatures of one note that are read. The specification asks for 16 at least.
const MOST_SIGNATURES: usize = 64;
/// The signature type of Ed25519 over the text.
const ED25519: u8 = 0x01;
/// The signature type of a witness's Ed25519 cosignature.
const COSIGNATURE: u8 = 0x04;
/// The DER of a SubjectPublicKeyInfo with an Ed25519 key, up to the 32 bytes of the key (RFC 8410, section 4).
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A signed note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What is signed, with its last newline.
    pub text: String,
    /// Its signatures, in their order.
    pub signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The first four bytes: a short id of the key under this name.
    pub key_id: [u8; 4],
    /// The rest.
    pub signature: Vec<u8>,
}

/// A file that is no note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{line}: is no checkpoint: {what}", file.as_ref().map(|file| format!("{file}:")).unwrap_or_default())]
pub struct NoteError {
    /// The file.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl NoteError {
    pub(super) fn at(line: usize, what: impl Into<String>) -> Self {
        Self { file: None, line, what: what.into() }
    }

    pub(super) fn in_file(self, file: &str) -> Self {
        Self { file: Some(file.to_owned()), ..self }
    }
}

/// What became of a signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is by this key. A witness says since when it holds, in seconds since 1970.
    Holds(Digest, Option<u64>),
    /// It names this key and is not by it.
    Broken(Digest),
    /// It names none of the keys.
    Unknown,
}

/// Reads every note of a file, with the line that each begins in.
///
/// # Errors
/// When there is none, or something else.
pub fn read_all(bytes: &[u8]) -> Result<Vec<(usize, Note)>, NoteError> {
    if bytes.len() > LARGEST {
        return Err(NoteError::at(1, format!("the file has {} bytes; {LARGEST} are read at most", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        NoteError::at(line, "it is not UTF-8")
    })?;
    let mut notes = Vec::new();
    let mut lines = (1..).zip(text.split_inclusive('\n')).peekable();
    loop {
        while lines.next_if(|(_, line)| *line == "\n").is_some() {}
        let Some(&(first, _)) = lines.peek() else { break };
        notes.push((first, one(&mut lines)?));
    }
    if notes.is_empty() { Err(NoteError::at(1, "it is empty")) } else { Ok(notes) }
}

/// Reads one note: lines of text, a blank one, signature lines.
fn one<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = (usize, &'a str)>>) -> Result<Note, NoteError> {
    let (mut text, mut last) = (String::new(), 0);
    loop {
        let Some((number, line)) = lines.next() else {
            return Err(NoteError::at(last, "it ends without a blank line and a signature"));
        };
        last = number;
        if line == "\n" {
            break;
        }
        text.push_str(whole(number, line)?);
        text.push('\n');
    }
    let mut signatures = Vec::new();
    while let Some((number, line)) = lines.next_if(|(_, line)| line.starts_with(SIGNED)) {
        signatures.push(signature(number, whole(number, line)?)?);
        if signatures.len() > MOST_SIGNATURES {
            return Err(NoteError::at(number, format!("it has more than {MOST_SIGNATURES} signatures")));
        }
    }
    if signatures.is_empty() {
        return Err(NoteError::at(
            last + 1,
            "no signature follows: a line that begins with an em dash (\u{2014}) and a space",
        ));
    }
    Ok(Note { text, signatures })
}

/// A line without its newline.
fn whole(number: usize, line: &str) -> Result<&str, NoteError> {
    let Some(line) = line.strip_suffix('\n') else {
        return Err(NoteError::at(number, "the last line does not end: the file was cut off"));
    };
    if line.contains(|c: char| c < ' ') {
        return Err(NoteError::at(
            number,
            "it has a control character: keep the file as it was made, with plain newlines",
        ));
    }
    Ok(line)
}

fn signature(number: usize, line: &str) -> Result<NoteSignature, NoteError> {
    let form = || NoteError::at(number, "a signature line is an em dash, the key's name, and base64");
    let (name, encoded) = line.strip_prefix(SIGNED).and_then(|rest| rest.split_once(' ')).ok_or_else(form)?;
    if name.is_empty() || name.contains(|c: char| c == '+' || c.is_whitespace()) {
        return Err(form());
    }
    let bytes = STANDARD.decode(encoded).map_err(|_| form())?;
    let (key_id, signature) = bytes.split_first_chunk::<4>().ok_or_else(form)?;
    if signature.is_empty() {
        return Err(form());
    }
    Ok(NoteSignature { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
}

/// One signature line, with its newline.
pub fn signature_line(name: &str, key_id: &[u8; 4], signature: &[u8]) -> String {
    format!("{SIGNED}{name} {}\n", STANDARD.encode([key_id, signature].concat()))
}

/// The id of a key under a name. For ECDSA the specification takes it from the key alone.
pub fn key_id(key: &Verifier, name: &str) -> [u8; 4] {
    match ed25519(key) {
        Some(public) => named(name, ED25519, &public),
        None => first_four(key.keyid()),
    }
}

fn named(name: &str, kind: u8, public: &[u8; 32]) -> [u8; 4] {
    first_four(&Digest::of(&[name.as_bytes(), b"\n", &[kind], public].concat()))
}

fn first_four(digest: &Digest) -> [u8; 4] {
    let raw = digest.to_raw();
    [raw[0], raw[1], raw[2], raw[3]]
}

/// The 32 bytes of an Ed25519 key; none for a key of another kind.
fn ed25519(key: &Verifier) -> Option<[u8; 32]> {
    let spki = pem::parse(key.to_pem()).expect("a verifier writes good PEM").into_contents();
    spki.strip_prefix(&ED25519_SPKI).and_then(|public| public.try_into().ok())
}

impl Note {
    /// Checks each signature line with these keys.
    pub fn check(&self, keys: &[Verifier]) -> Vec<Checked> {
        self.signatures.iter().map(|signature| signature.check(&self.text, keys)).collect()
    }
}

impl NoteSignature {
    /// The name and short id, as other programs for notes write them.
    pub fn signer(&self) -> String {
        format!("{}+{:08x}", self.name, u32::from_be_bytes(self.key_id))
    }

    fn check(&self, text: &str, keys: &[Verifier]) -> Checked {
        for key in keys {
            let keyid = key.keyid().clone();
            if key_id(key, &self.name) == self.key_id {
                let holds = key.verify(text.as_bytes(), &self.signature);
                return if holds { Checked::Holds(keyid, None) } else { Checked::Broken(keyid) };
            }
            if ed25519(key).is_some_and(|public| named(&self.name, COSIGNATURE, &public) == self.key_id) {
                return match self.cosigned(text, key) {
                    Some(time) => Checked::Holds(keyid, Some(time)),
                    None => Checked::Broken(keyid),
                };
            }
        }
        Checked::Unknown
    }

    /// The time of a witness's cosignature, when it holds.
    fn cosigned(&self, text: &str, key: &Verifier) -> Option<u64> {
        let (time, signature) = self.signature.split_first_chunk::<8>()?;
        let time = u64::from_be_bytes(*time);
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        key.verify(message.as_bytes(), signature).then_some(time)
    }
}
