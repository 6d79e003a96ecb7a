//! PEM and DER of keys: told apart by tag and object identifier, so that a wrong file is named for what it is.

use super::KeyError;

/// A PEM block with Unix line ends.
pub(super) fn to_pem(tag: &str, der: &[u8]) -> String {
    let unix = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(tag, der), unix)
}

/// The DER inside a PEM with this tag.
pub(super) fn unwrap(bytes: &[u8], wanted: &str) -> Result<Vec<u8>, KeyError> {
    let found = pem::parse(bytes)
        .map_err(|error| KeyError::new(format!("holds no PEM block `BEGIN {wanted}`")).caused_by(error))?;
    let advice = match found.tag() {
        tag if tag == wanted => return Ok(found.into_contents()),
        "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => return Err(refused("an RSA")),
        "EC PRIVATE KEY" => return Err(refused("an EC")),
        "PRIVATE KEY" => "a private key: give the public one (`openssl pkey -in KEY -pubout`)",
        "PUBLIC KEY" => "a public key: signing needs the private one",
        "ENCRYPTED PRIVATE KEY" => "an encrypted private key: decrypt it with `openssl pkey -in KEY -out PLAIN`",
        "CERTIFICATE" => "a certificate: take its key with `openssl x509 -in CERT -pubkey -noout`",
        _ => "something else: make a key with `evidenced keygen` or `openssl genpkey -algorithm ed25519`",
    };
    Err(KeyError::new(format!("holds {advice}")))
}

/// The algorithm of a key that is not used here, by the object identifier in its DER.
pub(super) fn other_algorithm(der: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 5] = [
        (&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01], "an RSA"),
        (&[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01], "an EC"),
        (&[0x06, 0x03, 0x2b, 0x65, 0x71], "an Ed448"),
        (&[0x06, 0x03, 0x2b, 0x65, 0x6e], "an X25519"),
        (&[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], "a DSA"),
    ];
    let head = &der[..der.len().min(40)];
    KNOWN.iter().find(|(oid, _)| head.windows(oid.len()).any(|window| window == *oid)).map(|(_, name)| *name)
}

/// A private key in a file that is not Ed25519.
pub(super) fn refused(algorithm: &str) -> KeyError {
    KeyError::new(format!(
        "holds {algorithm} key; key files are Ed25519 alone (ECDSA P-256 keys are used in a KMS, by reference): make one with \
         `evidenced keygen`"
    ))
}
