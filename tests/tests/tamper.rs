//! A store that was touched: whatever was done to it, `verify` ends with 4 and names the file.
#![expect(clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{files, ledger};
use std::fs;
use std::path::Path;

/// Two bundles of one stream.
fn two_bundles() -> Desk {
    let desk = Desk::default();
    for _ in 0..2 {
        let _ = desk
            .call(["demo", "--cloud", "aws", "--json", "--store", "file://./evidence", "--key", "key.pem"])
            .run()
            .expect_code(0, "demo");
    }
    let _ = desk.verify().expect_code(0, "untouched");
    assert_eq!(ledger(&desk.store()).len(), 2);
    desk
}

/// The store after a mutation must fail verification, with and without the key, and the report must name the file.
fn must_be_seen(desk: &Desk, what: &str, file: &str) {
    let done = desk.verify().expect_code(4, what);
    let problems = done.json()["problems"].to_string();
    assert!(problems.contains(file), "{what}: {file} is not named: {}", done.stdout);
    let _ = desk.call(["verify", &desk.store_url()]).run().expect_code(4, &format!("{what}, without the key"));
}

/// Carries out a mutation on the bytes of one file, and puts them back.
fn with_bytes(desk: &Desk, file: &str, what: &str, mutate: impl FnOnce(&mut Vec<u8>)) {
    let path = desk.store().join(file);
    let whole = fs::read(&path).expect("it can be read");
    let mut bytes = whole.clone();
    mutate(&mut bytes);
    assert_ne!(bytes, whole, "{what} changes nothing");
    overwrite(&path, &bytes);
    must_be_seen(desk, &format!("{what} in {file}"), file);
    overwrite(&path, &whole);
}

/// Files of a store may be read-only.
fn overwrite(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).expect("it can be written");
}

#[test]
fn one_flipped_bit_anywhere_is_seen() {
    let desk = two_bundles();
    for file in files(&desk.store()) {
        let length = fs::metadata(desk.store().join(&file)).expect("it is there").len();
        let length = usize::try_from(length).expect("it fits into memory");
        for (position, bit) in [(0, 0x01), (length / 3, 0x20), (length / 2, 0x80), (length - 1, 0x04)] {
            with_bytes(&desk, &file, &format!("bit {bit:#x} of byte {position}"), |bytes| bytes[position] ^= bit);
        }
        with_bytes(&desk, &file, "a byte more", |bytes| bytes.push(b'\n'));
        with_bytes(&desk, &file, "a byte less", |bytes| {
            bytes.pop();
        });
        with_bytes(&desk, &file, "nothing left", Vec::clear);
    }
    let _ = desk.verify().expect_code(0, "everything is back");
}

#[test]
fn a_missing_file_is_seen() {
    let desk = two_bundles();
    let last = ledger(&desk.store()).pop().expect("there are two");
    for file in files(&desk.store()) {
        let path = desk.store().join(&file);
        let whole = fs::read(&path).expect("it can be read");
        fs::remove_file(&path).expect("it can be removed");
        if file == last {
            // The end of a stream leaves no later statement to miss it: its bundle is shown as one that nothing names.
            let orphans = desk.verify().expect_code(0, "the last statement is gone").json()["orphans"].to_string();
            assert!(orphans.contains("bundles/"), "{orphans}");
        } else {
            must_be_seen(&desk, &format!("{file} removed"), &file);
        }
        overwrite(&path, &whole);
    }
}

#[test]
fn swapped_doubled_moved_and_added_files_are_seen() {
    let desk = two_bundles();
    let at = |file: &str| desk.store().join(file);
    let all = files(&desk.store());
    let statements = ledger(&desk.store());
    let (first, second) = (statements[0].clone(), statements[1].clone());

    // Each file of the first bundle against its like of the second.
    let bundles: Vec<&String> = all.iter().filter(|file| file.starts_with("bundles/")).collect();
    let (one, two) = bundles.split_at(bundles.len() / 2);
    let mut differ = 0;
    for (a, b) in one.iter().zip(two).map(|(a, b)| (a.as_str(), b.as_str())).chain([(first.as_str(), second.as_str())])
    {
        let (left, right) = (fs::read(at(a)).expect("it is there"), fs::read(at(b)).expect("it is there"));
        if left == right {
            continue;
        }
        differ += 1;
        overwrite(&at(a), &right);
        overwrite(&at(b), &left);
        must_be_seen(&desk, &format!("{a} swapped with {b}"), a);
        overwrite(&at(a), &left);
        overwrite(&at(b), &right);
    }
    assert!(differ >= 2, "run.json and the statement of two runs differ");

    let folder = Path::new(&first).parent().expect("a statement lies in a stream").display().to_string();
    let third = format!("{folder}/0000000003.dsse.json");
    let fourth = format!("{folder}/0000000004.dsse.json");
    let elsewhere = first.replace("ledger/demo/", "ledger/other/");
    for (what, from, to, named) in [
        ("a statement doubled", &second, &third, &third),
        ("a statement doubled beyond the next number", &second, &fourth, &fourth),
        ("a statement of another stream", &first, &elsewhere, &elsewhere),
    ] {
        fs::create_dir_all(at(to).parent().expect("it lies somewhere")).expect("a folder can be made");
        fs::copy(at(from), at(to)).expect("it can be copied");
        must_be_seen(&desk, what, named);
        fs::remove_file(at(to)).expect("it can be removed");
    }

    fs::rename(at(&second), at(&third)).expect("it can be renamed");
    must_be_seen(&desk, "a statement moved to another number", &third);
    fs::rename(at(&third), at(&second)).expect("it can be renamed");

    for added in
        [format!("{folder}/notes.txt"), format!("{folder}/0000000003.tsr"), one[0].replace(".zst", ".bak") + ".txt"]
    {
        fs::write(at(&added), "added").expect("it can be written");
        must_be_seen(&desk, &format!("{added} added"), &added);
        fs::remove_file(at(&added)).expect("it can be removed");
    }
    let _ = desk.verify().expect_code(0, "everything is back");
}

#[test]
fn a_statement_by_another_key_is_seen() {
    let desk = two_bundles();
    // It commits, and says at once that the stream was another's.
    let other = desk.call(["demo", "--cloud", "aws", "--store", "file://./evidence", "--key", "other.pem"]);
    let _ = other.run().expect_code(4, "demo with another key");
    let done = desk.verify().expect_code(4, "a statement by another key");
    assert!(done.stdout.contains("0000000003.dsse.json"), "{}", done.stdout);
    // Both keys, and it is in order; the wrong one alone, and nothing is.
    let (url, both) = (desk.store_url(), desk.folder().join("other.pub.pem").display().to_string());
    let _ = desk.call(["verify", &url, "--key", &desk.public_key(), "--key", &both]).run().expect_code(0, "both keys");
    let done = desk.call(["verify", "--json", &url, "--key", &both]).run().expect_code(4, "the other key alone");
    assert!(done.stdout.contains("0000000001.dsse.json"), "{}", done.stdout);
    // Without a key it says what it did not check.
    let done = desk.call(["verify", &url]).run().expect_code(0, "without a key");
    assert!(done.stdout.contains("NOT CHECKED"), "{}", done.stdout);
}
