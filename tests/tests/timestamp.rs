//! Trusted time, with the real binary: tokens of every form, an authority that fails in every way, and what `verify`,
//! `openssl ts` and `rfc3161-client` say of what is stored.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::{Call, Done};
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{ledger, statement};
use evidenced_tests::fakes::Moto;
use evidenced_tests::fakes::tsa::{POLICY, Tsa};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// An account, an authority, and a desk whose configuration names both.
struct Office {
    moto: Moto,
    tsa: Tsa,
    desk: Desk,
}

impl Office {
    fn open() -> Self {
        Self { moto: Moto::empty(), tsa: Tsa::default(), desk: Desk::default() }
    }

    fn configure(&self, mode: &str, rest: &str) {
        let text = format!(
            "store: {{url: \"{}\"}}\nsigning: {{key: file://./key.pem}}\ntimestamp:\n  url: \"{}\"\n  ca: \"{}\"\n  policy: \"{POLICY}\"\n{rest}",
            self.desk.store_url(),
            self.tsa.url(mode),
            self.tsa.file("root.pem")
        );
        fs::write(self.desk.folder().join("evidenced.yaml"), text).unwrap();
    }

    fn call(&self) -> Call {
        let call = self.desk.call(["collect", "--json", "--config", "evidenced.yaml", "--region", "us-east-1"]);
        call.aws(self.moto.port)
    }

    /// One run with an authority that answers in this mode; its warnings.
    fn collect(&self, mode: &str) -> Vec<String> {
        self.configure(mode, "");
        let run = self.call().run().expect_code(3, mode).json()["runs"][0].clone();
        run["warnings"].as_array().unwrap().iter().map(|warning| warning.as_str().unwrap().to_owned()).collect()
    }

    fn verify(&self, ca: Option<&str>) -> Done {
        let (store, key) = (self.desk.store_url(), self.desk.public_key());
        let ca = ca.map(|ca| self.tsa.file(ca));
        let mut arguments = vec!["verify", "--json", &store, "--key", &key];
        arguments.extend(ca.iter().flat_map(|ca| ["--tsa-ca", ca.as_str()]));
        self.desk.call(arguments).run()
    }

    fn table(&self, code: i32) -> String {
        let (store, key, ca) = (self.desk.store_url(), self.desk.public_key(), self.tsa.file("root.pem"));
        let done = self.desk.call(["verify", &store, "--key", &key, "--tsa-ca", &ca]).run();
        // The table breaks lines where it likes.
        done.expect_code(code, "the table").stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The ledger's statements, and the tokens that lie beside them.
    fn tokens(&self) -> Vec<(PathBuf, Option<PathBuf>)> {
        let store = self.desk.store();
        let beside = |file: String| {
            let token = store.join(file.replace(".dsse.json", ".tsr"));
            (store.join(file), token.exists().then_some(token))
        };
        ledger(&store).into_iter().map(beside).collect()
    }

    fn stamped(&self) -> Vec<bool> {
        self.tokens().iter().map(|(_, token)| token.is_some()).collect()
    }
}

fn kinds(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let name = |file: String| file.rsplit('/').next().unwrap().to_owned();
    let problems = report["problems"].as_array().unwrap();
    problems.iter().map(|problem| (text(&problem["kind"]), name(text(&problem["file"])))).collect()
}

fn named(kind: &str, files: &[&str]) -> Vec<(String, String)> {
    files.iter().map(|file| (kind.to_owned(), (*file).to_owned())).collect()
}

#[test]
fn tokens_of_every_form_are_stored_as_received_and_accepted_by_others() {
    let office = Office::open();
    // `chain` has an unsorted set of certificates, `fraction` a sorted one and a time with fractions of a second.
    let modes = ["rsa", "p256", "p384", "sha1", "chain", "fraction", "accurate"];
    for mode in modes {
        assert_eq!(office.collect(mode), Vec::<String>::new(), "{mode}");
    }
    let tokens: Vec<(PathBuf, PathBuf)> =
        office.tokens().into_iter().map(|(statement, token)| (statement, token.unwrap())).collect();
    assert_eq!(tokens.len(), modes.len());
    for ((statement, token), mode) in tokens.iter().zip(modes) {
        assert!(office.tsa.accepted_by_openssl(token, statement), "{mode}");
        assert!(!office.tsa.accepted_by_openssl(token, &office.desk.folder().join("evidenced.yaml")), "{mode}");
    }
    // It reads DER strictly: an unsorted set is nothing that it takes.
    let sorted = tokens.iter().zip(modes).filter(|(_, mode)| *mode != "chain");
    office.tsa.accepted_by_rfc3161_client(&sorted.map(|((_, token), _)| token.clone()).collect::<Vec<_>>());

    let report = office.verify(Some("root.pem")).expect_code(0, "the authority's root").json();
    assert_eq!((&report["timestamps"], &report["warnings"]), (&"verified".into(), &json!([])), "{report:#}");
    let stamps = &report["streams"][0]["timestamps"];
    let count = modes.len();
    assert_eq!((&stamps["stamped"], &stamps["refused"]), (&count.into(), &0.into()), "{stamps}");
    assert_eq!((&stamps["missing"], &stamps["policies"]), (&json!([]), &json!({POLICY: count})), "{stamps}");
    assert!(stamps["first"].as_str() < stamps["last"].as_str(), "{stamps}");
    assert!((0..60).contains(&stamps["largest_lag_seconds"].as_i64().unwrap()), "{stamps}");
    let finished = statement(&tokens[0].0)["predicate"]["finished_at"].as_str().unwrap()[..16].to_owned();
    assert!(stamps["first"].as_str().unwrap() > finished.as_str(), "{stamps}: {finished}");

    let report = office.verify(None).expect_code(0, "no CA").json();
    assert_eq!((&report["timestamps"], &report["integrity"]), (&"not_checked".into(), &"ok".into()), "{report:#}");
    let report = office.verify(Some("other.pem")).expect_code(4, "the root of a stranger").json();
    assert_eq!((&report["timestamps"], &report["integrity"]), (&"failed".into(), &"ok".into()), "{report:#}");
    assert!(kinds(&report).iter().all(|(kind, _)| kind == "timestamp_untrusted"), "{report:#}");
    assert_eq!(kinds(&report).len(), modes.len());
    let table = office.table(0);
    assert!(table.contains("Time stamps: verified. 7 of 7 statements have one"), "{table}");
    assert!(table.contains("7 of 7 statements have a time stamp, the first of 20"), "{table}");

    let (fine, said) = office.tsa.by_hand(&office.desk.store(), &office.desk.public_key(), "root.pem");
    assert!(fine && said.matches(", stamped ").count() == modes.len(), "{said}");
    let (fine, said) = office.tsa.by_hand(&office.desk.store(), &office.desk.public_key(), "other.pem");
    assert!(!fine && said.contains("0000000001.dsse.json: the time stamp does not hold"), "{said}");
}

/// A service whose store is away: the runs that waited get their time stamps when they are committed, in order.
#[test]
fn runs_that_waited_in_the_spool_are_stamped_when_they_are_committed() {
    let office = Office::open();
    office.configure("rsa", "jobs:\n  - {name: often, schedule: \"0 0 1 1 *\", aws: {regions: [us-east-1]}}\n");
    let collect = || office.desk.call(["collect", "--json", "--config", "evidenced.yaml"]).aws(office.moto.port).run();
    let _ = collect().expect_code(3, "a first run");
    let bundles = office.desk.store().join("bundles");
    fs::rename(&bundles, office.desk.folder().join("aside")).unwrap();
    fs::write(&bundles, "in the way").unwrap();
    for _ in 0..2 {
        let _ = collect().expect_code(1, "the store takes nothing");
    }
    fs::remove_file(&bundles).unwrap();
    fs::rename(office.desk.folder().join("aside"), &bundles).unwrap();
    assert_eq!(office.stamped(), [true]);
    let log = office.desk.folder().join("run.log");
    let mut service = office.desk.call(["run", "--config", "evidenced.yaml"]).aws(office.moto.port).start_logging(&log);
    let start = Instant::now();
    while office.stamped() != [true, true, true] {
        assert!(
            start.elapsed() < Duration::from_mins(2),
            "{:?} {}",
            office.stamped(),
            fs::read_to_string(&log).unwrap()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    service.kill().unwrap();
    service.wait().unwrap();
    let report = office.verify(Some("root.pem")).expect_code(0, "three stamped statements").json();
    assert_eq!(report["streams"][0]["timestamps"]["stamped"], 3, "{report:#}");
}

#[test]
fn an_authority_that_fails_delays_nothing_and_what_it_gives_is_not_kept() {
    let office = Office::open();
    let wrong = [
        ("refused", "the authority refused: status 2, badAlg"),
        ("nonce", "does not repeat the nonce"),
        ("imprint", "is over other bytes"),
        ("policy", "status 2, unacceptedPolicy"),
        ("other-policy", "was issued under policy 1.3.6.1.4.1.57264.9.2, not 1.3.6.1.4.1.57264.9.1"),
        ("foreign-root", "does not lead to a given CA certificate"),
        ("no-chain", "does not lead to a given CA certificate"),
        ("expired", "was not valid at its time"),
        ("no-purpose", "does not say that it is for time stamps"),
        ("html", "answered with `text/html`, not `application/timestamp-reply`: check `timestamp.url`"),
        ("nowhere", "answered with HTTP status 404: check `timestamp.url`"),
        ("error", "HTTP status 500"),
        ("down", "did not answer"),
        ("slow", "did not answer within 10s"),
    ];
    for (number, (mode, words)) in wrong.iter().enumerate() {
        let start = Instant::now();
        let warnings = office.collect(mode);
        assert!(start.elapsed() < Duration::from_secs(25), "{mode}: {:?}", start.elapsed());
        let [warning] = warnings.as_slice() else { panic!("{mode}: {warnings:?}") };
        assert!(warning.contains(words), "{mode}: {warning}");
        let waiting =
            if number == 0 { "1 statement waits".to_owned() } else { format!("{} statements wait", number + 1) };
        assert!(warning.starts_with(&waiting), "{mode}: {warning}");
        assert_eq!(office.stamped(), vec![false; number + 1], "{mode}");
    }
    let report = office.verify(Some("root.pem")).expect_code(0, "statements count without tokens").json();
    assert_eq!(report["timestamps"], "none");
    assert_eq!(report["streams"][0]["timestamps"]["missing"], json!([{"from": 1, "to": wrong.len()}]));
    assert!(office.table(0).contains("Time stamps: NONE."));

    assert_eq!(office.collect("p256"), Vec::<String>::new());
    assert_eq!(office.stamped(), vec![true; wrong.len() + 1], "all of them at once");
    let report = office.verify(Some("root.pem")).expect_code(0, "every statement has its token").json();
    assert_eq!(report["timestamps"], "verified");

    // An authority whose clock was set back: times would not run forward.
    let warnings = office.collect("past");
    assert!(
        warnings[0].contains("gave statement 16 the time") && warnings[0].contains("Ask whose clock"),
        "{warnings:?}"
    );
    assert_eq!(office.stamped().last(), Some(&false));
}

#[test]
fn statements_of_an_outage_get_their_tokens_in_order_when_the_authority_is_back() {
    let office = Office::open();
    office.collect("p256");
    let first = fs::read(office.tokens()[0].1.clone().unwrap()).unwrap();
    office.tsa.answer("down");
    for _ in 0..2 {
        assert!(office.collect("p256")[0].contains("did not answer"));
    }
    assert_eq!(office.stamped(), [true, false, false]);
    let report = office.verify(Some("root.pem")).expect_code(0, "two wait").json();
    assert_eq!((&report["timestamps"], &report["warnings"]), (&"verified".into(), &json!([])), "{report:#}");
    assert_eq!(report["streams"][0]["timestamps"]["missing"], json!([{"from": 2, "to": 3}]));
    let table = office.table(0);
    assert!(table.contains("1 of 3 statements have one, by an authority of a given CA certificate"), "{table}");
    assert!(table.contains("; none have 2 to 3 (2)"), "{table}");

    // Two collectors come back at once: each stamps what waits, and neither harms the other.
    office.tsa.answer("ok");
    let other = office.call().start();
    assert_eq!(office.collect("p256"), Vec::<String>::new());
    assert!(wait(other), "the other one");
    let report = office.verify(Some("root.pem")).expect_code(0, "all are there").json();
    let stamps = &report["streams"][0]["timestamps"];
    assert_eq!((&stamps["stamped"], &stamps["missing"]), (&5.into(), &json!([])), "{report:#}");
    assert_eq!((&report["timestamps"], &report["problems"]), (&"verified".into(), &json!([])));
    assert_eq!(fs::read(office.tokens()[0].1.clone().unwrap()).unwrap(), first, "a token is never replaced");
    for (statement, token) in office.tokens() {
        assert!(office.tsa.accepted_by_openssl(&token.unwrap(), &statement));
    }
}

/// Waits for a collector, which must end with exit 3: moto never answers everything.
fn wait(mut child: std::process::Child) -> bool {
    child.wait().unwrap().code() == Some(3)
}

fn overwrite(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_done_to_tokens_is_named() {
    let office = Office::open();
    for _ in 0..3 {
        office.collect("p256");
    }
    let tokens: Vec<(PathBuf, PathBuf)> =
        office.tokens().into_iter().map(|(statement, token)| (statement, token.unwrap())).collect();
    let whole: Vec<Vec<u8>> = tokens.iter().map(|(_, token)| fs::read(token).unwrap()).collect();
    let put = |number: usize, bytes: &[u8]| overwrite(&tokens[number].1, bytes);
    let back = || (0..3).for_each(|number| put(number, &whole[number]));
    let failed = |what: &str| {
        let report = office.verify(Some("root.pem")).expect_code(4, what).json();
        assert_eq!(report["timestamps"], "failed", "{what}");
        kinds(&report)
    };

    put(0, &whole[1]);
    put(1, &whole[0]);
    assert_eq!(failed("two are exchanged"), named("timestamp_foreign", &["0000000001.tsr", "0000000002.tsr"]));
    back();

    let last = whole[1].len() - 1;
    let flipped: Vec<u8> = whole[1].iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == last)).collect();
    for (what, bytes) in [("flipped", &flipped[..]), ("cut", &whole[1][..last]), ("empty", b""), ("html", b"<html>")] {
        put(1, bytes);
        assert_eq!(failed(what), named("timestamp_broken", &["0000000002.tsr"]), "{what}");
    }
    // By `openssl ts` over the right file, in every way that is wrong.
    for (mode, kind) in [
        ("refused", "timestamp_broken"),
        ("expired", "timestamp_broken"),
        ("no-purpose", "timestamp_broken"),
        ("imprint", "timestamp_foreign"),
        ("foreign-root", "timestamp_untrusted"),
    ] {
        put(1, &fs::read(office.tsa.token(mode, &tokens[1].0)).unwrap());
        assert_eq!(failed(mode), named(kind, &["0000000002.tsr"]), "{mode}");
    }
    back();

    put(2, &fs::read(office.tsa.token("past", &tokens[2].0)).unwrap());
    assert!(office.tsa.accepted_by_openssl(&tokens[2].1, &tokens[2].0), "by itself it holds");
    assert_eq!(failed("an hour before"), named("timestamp_out_of_order", &["0000000003.tsr"]));
    let report = office.verify(Some("root.pem")).json();
    let warning = report["warnings"][0]["what"].as_str().unwrap();
    assert!(warning.contains("before the run that it stamps had ended"), "{warning}");
    assert!(office.table(4).contains("Time stamps: FAILED. 3 of 3 statements have one that holds."));
    back();

    overwrite(&tokens[2].1.with_file_name("0000000004.tsr"), &whole[2]);
    assert_eq!(failed("without a statement"), named("timestamp_without_statement", &["0000000004.tsr"]));
    fs::remove_file(tokens[2].1.with_file_name("0000000004.tsr")).unwrap();

    fs::remove_file(&tokens[1].1).unwrap();
    let report = office.verify(Some("root.pem")).expect_code(0, "a hole").json();
    assert_eq!(report["streams"][0]["timestamps"]["missing"], json!([{"from": 2, "to": 2}]), "{report:#}");
    let warning = report["warnings"][0]["what"].as_str().unwrap();
    assert!(warning.contains("statement 2 has no time stamp, and a later one has"), "{warning}");
    office.collect("p256");
    assert_eq!(office.stamped(), [true, false, true, true], "a hole is never filled: times run forward");
    back();
    let _ = office.verify(Some("root.pem")).expect_code(0, "everything is back");

    // A bare token, as some tools keep it, is read too.
    let bare = office.desk.folder().join("bare");
    let mut openssl = Command::new("openssl");
    openssl.args(["ts", "-reply", "-token_out", "-in"]).arg(&tokens[0].1).arg("-out").arg(&bare);
    evidenced_tests::process::output(&mut openssl);
    put(0, &fs::read(&bare).unwrap());
    let _ = office.verify(Some("root.pem")).expect_code(0, "a bare token");
}

#[test]
fn the_service_stamps_what_waited_once_the_authority_answers() {
    let office = Office::open();
    office.tsa.answer("html");
    office.configure(
        "p256",
        "jobs:\n  - name: often\n    schedule: \"*/3 * * * * *\"\n    aws: {regions: [us-east-1]}\n",
    );
    let log = office.desk.folder().join("run.log");
    let call = office.desk.call(["run", "--config", "evidenced.yaml", "--log-format", "json", "--log", "info"]);
    let mut service = call.aws(office.moto.port).start_logging(&log);
    let start = Instant::now();
    let until = |what: &str, done: &dyn Fn() -> bool| {
        while !done() {
            assert!(start.elapsed() < Duration::from_mins(2), "{what}: {}", fs::read_to_string(&log).unwrap());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    until("two runs without a token", &|| office.stamped().len() >= 2);
    until("a warning", &|| fs::read_to_string(&log).unwrap().contains("wait for their time stamps"));
    assert!(office.stamped().iter().all(|stamped| !stamped));
    office.tsa.answer("ok");
    until("the tokens of the first two", &|| office.stamped().iter().take(2).all(|stamped| *stamped));
    let done = Command::new("kill").arg("-TERM").arg(service.id().to_string()).status().unwrap();
    assert!(done.success() && service.wait().unwrap().success());
    let report = office.verify(Some("root.pem")).expect_code(0, "what the service left").json();
    assert_eq!((&report["timestamps"], &report["warnings"]), (&"verified".into(), &json!([])), "{report:#}");
}

#[test]
fn doctor_asks_for_a_token_and_keeps_none() {
    let office = Office::open();
    let doctor = |mode: &str| {
        office.configure(mode, "");
        let call = office.desk.call(["doctor", "--json", "--config", "evidenced.yaml"]);
        let report = call.aws(office.moto.port).run().expect_code(0, mode).json();
        let check = report["checks"].as_array().unwrap().iter().find(|check| check["what"] == "time stamps").cloned();
        assert!(!office.desk.store().exists());
        check.unwrap_or_else(|| panic!("{report:#}"))
    };
    let check = doctor("p256");
    assert!(check["outcome"] == "ok" && check["found"].as_str().unwrap().contains(POLICY), "{check}");
    let check = doctor("past");
    assert!(check["outcome"] == "warning" && check["found"].as_str().unwrap().contains("36"), "{check}");
    let check = doctor("foreign-root");
    assert!(check["outcome"] == "warning" && check["found"].as_str().unwrap().contains("does not lead"), "{check}");
}

#[test]
fn a_wrong_configuration_is_refused_with_its_line_before_anything_is_made() {
    let desk = Desk::default();
    fs::write(desk.folder().join("empty.pem"), "nothing\n").unwrap();
    for (url, ca, rest, words) in [
        ("tsa.example", "ca.pem", "", "evidenced.yaml:3: timestamp.url `tsa.example`"),
        ("http://127.0.0.1:9/", "file://./absent.pem", "", "evidenced.yaml:4: timestamp.ca: "),
        ("http://127.0.0.1:9/", "empty.pem", "", "holds no certificate"),
        ("http://127.0.0.1:9/", "empty.pem", "  policy: any\n", "evidenced.yaml:5: timestamp.policy `any`"),
    ] {
        let text =
            format!("store: {{url: \"file://./evidence\"}}\ntimestamp:\n  url: \"{url}\"\n  ca: \"{ca}\"\n{rest}");
        fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
        for command in [&["config", "check"][..], &["doctor"], &["collect"]] {
            let arguments = command.iter().copied().chain(["--config", "evidenced.yaml"]);
            let done = desk.call(arguments).aws(9).run();
            // `collect` looks for credentials first.
            if command != ["collect"] {
                let done = done.expect_code(2, words);
                assert!(done.stderr.contains(words), "{command:?}: {done:#?}");
            }
            assert!(!desk.store().exists() && !desk.folder().join("evidenced-signing.pem").exists());
        }
    }
    let done = desk.call(["verify", "evidence", "--tsa-ca", "empty.pem"]).run().expect_code(2, "no certificate");
    assert!(done.stderr.contains("--tsa-ca empty.pem: holds no certificate"), "{done:#?}");
}
