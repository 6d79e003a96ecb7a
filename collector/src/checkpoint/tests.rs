//! The form of notes, with the specification's own examples, and what is refused.

use super::*;
use crate::signing::Verifier;
use note::Checked;

/// A key from its 32 bytes.
fn verifier(public: &[u8]) -> Verifier {
    let spki = [&b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..], public].concat();
    Verifier::from_pem(pem::encode(&pem::Pem::new("PUBLIC KEY", spki)).as_bytes()).unwrap()
}

const STREAM: &str = "nightly/aws/123456789012";

async fn signed(signer: &Signer, size: u64) -> String {
    sign(signer, &StreamId::parse(STREAM).unwrap(), size, &Digest::of(b"root")).await.unwrap()
}

/// The example of golang.org/x/mod/sumdb/note, the first program for such notes: its key, its text, its signature.
#[test]
fn the_note_of_the_first_program_for_notes_verifies() {
    // The verifier key is PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW; its first byte is the type.
    let raw = STANDARD.decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
    let key = verifier(&raw[1..]);
    assert_eq!(note::key_id(&key, "PeterNeumann"), [0xc7, 0x4f, 0x20, 0xa3]);
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    let signed = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
    let file = format!("{text}\n\u{2014} PeterNeumann {signed}\n");
    let [(1, read)] = &note::read_all(file.as_bytes()).unwrap()[..] else { panic!("one note") };
    assert_eq!(read.check(std::slice::from_ref(&key)), [Checked::Holds(key.keyid().clone(), None)]);
    let changed = Note { text: text.to_uppercase(), ..read.clone() };
    assert_eq!(changed.check(std::slice::from_ref(&key)), [Checked::Broken(key.keyid().clone())]);
}

#[tokio::test]
async fn a_checkpoint_reads_back_and_its_signature_holds() {
    let signer = Signer::generate().unwrap();
    let text = signed(&signer, 7).await;
    let read = Checkpoint::read_all("kept", text.as_bytes()).unwrap();
    let [checkpoint] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((checkpoint.stream.to_string().as_str(), checkpoint.size, checkpoint.line), (STREAM, 7, 1));
    assert_eq!(checkpoint.root, Digest::of(b"root"));
    assert_eq!(checkpoint.note.check(&[signer.verifier()]), [Checked::Holds(signer.keyid().clone(), None)]);
    let other = Signer::generate().unwrap();
    assert_eq!(checkpoint.note.check(&[other.verifier()]), [Checked::Unknown]);
    assert_eq!(checkpoint.note.check(&[]), [Checked::Unknown]);
}

#[tokio::test]
async fn a_changed_checkpoint_is_broken() {
    let signer = Signer::generate().unwrap();
    let text = signed(&signer, 7).await.replacen("\n7\n", "\n6\n", 1);
    let read = Checkpoint::read_all("kept", text.as_bytes()).unwrap();
    assert_eq!(read[0].note.check(&[signer.verifier()]), [Checked::Broken(signer.keyid().clone())]);
}

#[tokio::test]
async fn a_file_may_hold_several_with_blank_lines_between() {
    let signer = Signer::generate().unwrap();
    let (one, two) = (signed(&signer, 1).await, signed(&signer, 2).await);
    for between in ["", "\n", "\n\n\n"] {
        let read = Checkpoint::read_all("kept", format!("{one}{between}{two}").as_bytes()).unwrap();
        assert_eq!(read.iter().map(|checkpoint| checkpoint.size).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(read[1].line, 6 + between.len());
    }
}

#[tokio::test]
async fn lines_by_others_are_kept_and_unknown() {
    let signer = Signer::generate().unwrap();
    let text = signed(&signer, 7).await + "\u{2014} witness.example/w1 AAAAAAEC\n";
    let read = Checkpoint::read_all("kept", text.as_bytes()).unwrap();
    let holds = Checked::Holds(signer.keyid().clone(), None);
    assert_eq!(read[0].note.check(&[signer.verifier()]), [holds, Checked::Unknown]);
    assert_eq!(read[0].note.signatures[1].signer(), "witness.example/w1+00000000");
}

#[tokio::test]
async fn a_witness_signs_with_a_time() {
    let (signer, witness) = (Signer::generate().unwrap(), Signer::generate().unwrap());
    let note = signed(&signer, 7).await;
    let text = note.split_once("\n\n").unwrap().0.to_owned() + "\n";
    let cosign = async |time: u64, said: u64| {
        let signature = witness.sign(format!("cosignature/v1\ntime {said}\n{text}").as_bytes()).await.unwrap();
        let public = pem::parse(witness.verifier().to_pem()).unwrap().into_contents().split_off(12);
        let id = Digest::of(&[b"w.example\n\x04", public.as_slice()].concat()).to_raw();
        let line = note::signature_line(
            "w.example",
            &[id[0], id[1], id[2], id[3]],
            &[&time.to_be_bytes(), signature.as_slice()].concat(),
        );
        let read = Checkpoint::read_all("kept", format!("{note}{line}").as_bytes()).unwrap();
        read[0].note.check(&[witness.verifier()])
    };
    let keyid = witness.keyid().clone();
    assert_eq!(
        cosign(1_679_315_147, 1_679_315_147).await,
        [Checked::Unknown, Checked::Holds(keyid.clone(), Some(1_679_315_147))]
    );
    assert_eq!(cosign(1_679_315_148, 1_679_315_147).await, [Checked::Unknown, Checked::Broken(keyid)]);
}

#[tokio::test]
async fn what_is_no_checkpoint_is_refused_with_its_line() {
    let good = signed(&Signer::generate().unwrap(), 7).await;
    let spoilt = |from: &str, to: &str| good.replacen(from, to, 1).into_bytes();
    for (bytes, line, said) in [
        (Vec::new(), 1, "empty"),
        (b"\n\n".to_vec(), 1, "empty"),
        (b"hello".to_vec(), 1, "cut off"),
        (b"hello\n".to_vec(), 1, "without a blank line"),
        (b"hello\n\n".to_vec(), 3, "no signature follows"),
        (b"hello\n\nworld\n".to_vec(), 3, "no signature follows"),
        (b"\xff".to_vec(), 1, "UTF-8"),
        (good.trim_end().as_bytes().to_vec(), 5, "cut off"),
        (good.replace('\n', "\r\n").into_bytes(), 1, "control character"),
        (spoilt("evidenced/", "example.com/"), 1, "no stream's log"),
        (spoilt("/aws/", "/ibm/"), 1, "no stream's log"),
        (spoilt("\n7\n", "\n07\n"), 2, "no tree size"),
        (spoilt("\n7\n", "\n+7\n"), 2, "no tree size"),
        (spoilt("\n7\n", "\n-7\n"), 2, "no tree size"),
        (spoilt("\n7\n", "\n99999999999999999999999\n"), 2, "no tree size"),
        (spoilt("\n7\n", "\n7\nAAAA"), 3, "no root hash"),
        (spoilt("\u{2014} ", "- "), 5, "no signature follows"),
        (spoilt("\u{2014} evidenced", "\u{2014} evi+denced"), 5, "em dash, the key's name"),
        (format!("{good}hello\n").into_bytes(), 6, "without a blank line"),
        (format!("{good}\n{}", good.replacen("\n7\n", "\n7x\n", 1)).into_bytes(), 8, "no tree size"),
        (format!("{good}{}", "\u{2014} w AAAAAAEC\n".repeat(64)).into_bytes(), 69, "more than 64"),
        (vec![b'a'; (1 << 20) + 1], 1, "are read at most"),
    ] {
        let error = Checkpoint::read_all("kept", &bytes).unwrap_err();
        assert_eq!((error.line, error.file.as_deref()), (line, Some("kept")), "{error}");
        assert!(error.to_string().contains(said), "`{said}` is not said: {error}");
    }
}
