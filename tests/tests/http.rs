//! What the service tells of itself over HTTP, read by the reference parser of OpenMetrics.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{bundles, contents};
use evidenced_tests::fakes::{self, Moto};
use evidenced_tests::http::{Answer, ask, get};
use evidenced_tests::process::{free_port, output};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(2);
const TOKEN: &str = "canary-0123456789abcdef";

fn configure(desk: &Desk, http: &str) {
    let text = format!(
        "deployment: test\nstore: {{url: \"{}\"}}\nsigning: {{key: file://./key.pem}}\nhttp: {http}\njobs:\n  - name: often\n    schedule: \"*/2 * * * * *\"\n    aws: {{regions: [us-east-1]}}\n",
        desk.store_url()
    );
    std::fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
}

fn token_file(desk: &Desk, token: &str) {
    let file = desk.folder().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A service that is killed when the test ends.
struct Service(Child);

impl Service {
    fn start(desk: &Desk, aws: u16) -> Self {
        let call = desk.call(["run", "--config", "evidenced.yaml", "--log-format", "json", "--log", "debug"]);
        Self(call.aws(aws).start_logging(&desk.folder().join("run.log")))
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn log(desk: &Desk) -> String {
    String::from_utf8(contents(&desk.folder().join("run.log"))).unwrap()
}

/// Asks until the answer is as it should be.
fn until(desk: &Desk, port: u16, path: &str, token: Option<&str>, good: impl Fn(&Answer) -> bool) -> Answer {
    let start = Instant::now();
    loop {
        let answer = get(port, path, token);
        match answer {
            Some(answer) if good(&answer) => return answer,
            answer => assert!(start.elapsed() < PATIENCE, "{path}: {answer:?}\n{}", log(desk)),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The value of the sample that has these labels among its own.
fn figure(samples: &Value, name: &str, labels: &[(&str, &str)]) -> f64 {
    let of_name = samples[name].as_array().unwrap_or_else(|| panic!("no {name} in {samples:#}"));
    let found: Vec<f64> = of_name
        .iter()
        .filter(|sample| labels.iter().all(|(label, value)| sample[0][label] == *value))
        .map(|sample| sample[1].as_f64().unwrap())
        .collect();
    assert!(!found.is_empty(), "no {name} {labels:?} in {of_name:?}");
    found.iter().sum()
}

fn parsed(desk: &Desk, text: &str) -> Value {
    let file = desk.folder().join("metrics.txt");
    std::fs::write(&file, text).unwrap();
    serde_json::from_str(&fakes::python("check_metrics.py", &[file.to_str().unwrap()])).unwrap()
}

#[test]
fn a_service_tells_how_it_does_to_who_has_the_token() {
    let (moto, desk, port) = (Moto::empty(), Desk::default(), free_port());
    token_file(&desk, TOKEN);
    configure(&desk, &format!("{{listen: \"127.0.0.1:{port}\", token_file: token}}"));
    let service = Service::start(&desk, moto.port);
    let ready = until(&desk, port, "/readyz", Some(TOKEN), |answer| answer.status == 200);
    assert_eq!(ready.body, "ready\n");
    assert_eq!(get(port, "/healthz", None).unwrap().status, 200);
    assert_eq!(get(port, "/metrics", None).unwrap().status, 401);
    assert_eq!(get(port, "/readyz", Some("wrong")).unwrap().status, 401);

    let two = |answer: &Answer| {
        answer.body.lines().any(|line| {
            let count =
                line.strip_prefix("evidenced_runs_total{job=\"often\",cloud=\"aws\",outcome=\"committed_with_gaps\"} ");
            count.is_some_and(|count| count.parse::<u64>().unwrap() >= 2)
        })
    };
    let metrics = until(&desk, port, "/metrics", Some(TOKEN), two);
    promtool_finds_nothing(&desk, port);
    let samples = parsed(&desk, &metrics.body);
    assert!(metrics.head.contains("application/openmetrics-text; version=1.0.0; charset=utf-8"), "{}", metrics.head);
    service.signal("TERM");
    let stream = [("job", "often"), ("cloud", "aws"), ("scope", "123456789012")];
    let of_stream = |more: &[(&'static str, &'static str)]| [stream.as_slice(), more].concat();
    // The verdicts of a run over an account that does not change are those of each of its statements.
    let all = bundles(&desk.store());
    assert!(all.len() >= 2);
    for verdict in ["pass", "fail", "not_applicable", "not_evaluated"] {
        let told = figure(&samples, "evidenced_verdicts", &of_stream(&[("verdict", verdict)]));
        let counted = &all[0].statement["predicate"]["counts"][verdict];
        assert!((told - counted.as_f64().unwrap()).abs() < 0.5, "{verdict}: {told} {counted}");
    }
    for principle in ["least-privilege", "defence-in-depth", "secure-by-default", "accountability"] {
        assert!(figure(&samples, "evidenced_verdicts", &of_stream(&[("principle", principle)])) > 0.0, "{principle}");
    }
    assert!(figure(&samples, "evidenced_gaps", &of_stream(&[])) > 0.0);
    let age = figure(&samples, "evidenced_evidence_age_seconds", &of_stream(&[]));
    assert!((0.0..120.0).contains(&age), "{age}");
    for (name, labels, least) in [
        ("evidenced_api_calls_total", &[("cloud", "aws")][..], 20.0),
        ("evidenced_api_calls_total", &[("cloud", "aws"), ("service", "s3")][..], 1.0),
        ("evidenced_api_calls_total", &[("cloud", "aws"), ("service", "sts")][..], 1.0),
        ("evidenced_api_retries_total", &[("cloud", "aws"), ("service", "iam")][..], 0.0),
        ("evidenced_api_throttles_total", &[("cloud", "aws"), ("service", "iam")][..], 0.0),
        ("evidenced_missed_runs_total", &[("job", "often")][..], 0.0),
        ("evidenced_store_puts_total", &[("outcome", "stored")][..], 20.0),
        ("evidenced_store_operation_seconds_count", &[("operation", "put")][..], 20.0),
        ("evidenced_scopes", &[("state", "found")][..], 1.0),
        ("evidenced_ready", &[][..], 1.0),
        ("evidenced_build_info", &[][..], 1.0),
    ] {
        assert!(figure(&samples, name, labels) >= least, "{name}: {:#}", samples[name]);
    }
    assert!(!log(&desk).contains("canary") && !metrics.body.contains("canary"), "the token is never shown");
}

/// What a scraper gets that does not ask for OpenMetrics is clean for Prometheus's own checker, where that is installed.
fn promtool_finds_nothing(desk: &Desk, port: u16) {
    let bearer = format!("Authorization: Bearer {TOKEN}");
    let plain = ask(port, &["GET /metrics HTTP/1.1", "Accept: */*", &bearer]).unwrap();
    assert!(plain.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", plain.head);
    assert!(plain.body.contains("# TYPE evidenced_runs_total counter\n") && !plain.body.contains("# EOF"));
    let file = desk.folder().join("plain.txt");
    std::fs::write(&file, plain.body).unwrap();
    let checked =
        Command::new("promtool").args(["check", "metrics"]).stdin(std::fs::File::open(&file).unwrap()).output();
    match checked {
        Ok(done) => assert!(
            done.status.success() && done.stdout.is_empty() && done.stderr.is_empty(),
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        ),
        Err(error) => println!("promtool is not installed (Debian: prometheus): {error}"),
    }
}

/// A CA, and a certificate of it for 127.0.0.1 in `certificate.pem` and `key.pem`, by openssl.
fn certificate(desk: &Desk, ca: &str) {
    let script = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj \"/CN=$1\" -keyout $1.key -out $1.pem -addext basicConstraints=critical,CA:TRUE && \
         openssl req -newkey rsa:2048 -nodes -subj /CN=evidenced -keyout tls.key -out tls.csr && \
         printf 'subjectAltName=IP:127.0.0.1' > san && \
         openssl x509 -req -in tls.csr -CA $1.pem -CAkey $1.key -CAcreateserial -days 2 -extfile san -out tls.pem && chmod 600 tls.key";
    output(Command::new("sh").args(["-ec", script, "sh", ca]).current_dir(desk.folder()));
}

/// One request over TLS by openssl, which checks the certificate; nothing where the handshake fails.
fn over_tls(desk: &Desk, port: u16, ca: &str, more: &str) -> Option<String> {
    let script = "printf 'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | \
         openssl s_client -quiet -ign_eof -verify_return_error -verify_ip 127.0.0.1 -CAfile $1.pem -connect 127.0.0.1:$2 $3";
    let port = port.to_string();
    let done =
        Command::new("sh").args(["-c", script, "sh", ca, &port, more]).current_dir(desk.folder()).output().unwrap();
    done.status.success().then(|| String::from_utf8(done.stdout).unwrap())
}

#[test]
fn tls_is_spoken_with_a_certificate_that_can_be_renewed() {
    let (moto, desk, port) = (Moto::empty(), Desk::default(), free_port());
    certificate(&desk, "first");
    configure(
        &desk,
        &format!("{{listen: \"127.0.0.1:{port}\", tls: {{certificate: tls.pem, key: file://./tls.key}}}}"),
    );
    let service = Service::start(&desk, moto.port);
    let start = Instant::now();
    let answer = loop {
        if let Some(answer) = over_tls(&desk, port, "first", "-tls1_3") {
            break answer;
        }
        assert!(start.elapsed() < PATIENCE, "{}", log(&desk));
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok\n"), "{answer}");
    assert!(over_tls(&desk, port, "first", "-tls1_2").is_some());
    let silent = std::thread::spawn(move || {
        let begun = Instant::now();
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        (std::io::Read::read(&mut stream, &mut [0]).unwrap(), begun.elapsed())
    });
    assert!(get(port, "/healthz", None).is_none(), "plain HTTP is not answered");

    std::fs::write(desk.folder().join("tls.key"), "no key").unwrap();
    service.signal("HUP");
    while !log(&desk).contains("the old one stays") {
        assert!(start.elapsed() < PATIENCE, "{}", log(&desk));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(over_tls(&desk, port, "first", "").is_some(), "a bad key changes nothing");
    certificate(&desk, "second");
    service.signal("HUP");
    while over_tls(&desk, port, "second", "").is_none() {
        assert!(start.elapsed() < PATIENCE, "{}", log(&desk));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(over_tls(&desk, port, "first", "").is_none(), "the old certificate is gone");
    let (read, after) = silent.join().unwrap();
    assert!(
        read == 0 && after >= Duration::from_secs(9) && after < PATIENCE,
        "a handshake that never comes is cut: {after:?}"
    );
}

#[test]
fn certificates_that_cannot_be_used_are_refused_with_their_line() {
    let desk = Desk::default();
    certificate(&desk, "ca");
    output(Command::new("openssl").args(["genrsa", "-out", "other.key", "2048"]).current_dir(desk.folder()));
    for (certificate, key, words) in [
        ("absent.pem", "tls.key", "evidenced.yaml:4: http.tls.certificate: "),
        ("tls.key", "tls.key", "holds no certificate"),
        ("tls.pem", "tls.pem", "evidenced.yaml:4: http.tls.key: "),
        ("tls.pem", "other.key", "does not belong to the certificate"),
    ] {
        configure(&desk, &format!("{{listen: \"127.0.0.1:0\", tls: {{certificate: {certificate}, key: {key}}}}}"));
        let done = desk.call(["config", "check", "--config", "evidenced.yaml"]).run().expect_code(2, words);
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
}

#[test]
fn a_service_that_finds_no_account_lives_is_not_ready_and_says_why() {
    let (desk, port) = (Desk::default(), free_port());
    configure(&desk, &format!("{{listen: \"127.0.0.1:{port}\"}}"));
    let _service = Service::start(&desk, free_port());
    let why = until(&desk, port, "/readyz", None, |answer| !answer.body.contains("not looked for yet"));
    assert_eq!(why.status, 503, "{why:?}");
    assert!(why.body.starts_with("job often: ") && why.body.contains("GetCallerIdentity"), "{why:?}");
    assert_eq!(get(port, "/healthz", None).unwrap().status, 200);
    let metrics = until(&desk, port, "/metrics", None, |answer| answer.status == 200);
    let samples = parsed(&desk, &metrics.body);
    assert!(figure(&samples, "evidenced_ready", &[]) < 0.5);
}

#[test]
fn a_token_is_changed_while_the_service_runs_and_a_bad_one_changes_nothing() {
    let (moto, desk, port) = (Moto::empty(), Desk::default(), free_port());
    let next = "canary-fedcba9876543210";
    token_file(&desk, TOKEN);
    configure(&desk, &format!("{{listen: \"127.0.0.1:{port}\", token_file: token}}"));
    let service = Service::start(&desk, moto.port);
    let with = |token: &str, status: u16| {
        let _ = until(&desk, port, "/metrics", Some(token), |answer| answer.status == status);
    };
    with(TOKEN, 200);
    token_file(&desk, "short");
    service.signal("HUP");
    let start = Instant::now();
    while !log(&desk).contains("the old one stays") {
        assert!(start.elapsed() < PATIENCE, "{}", log(&desk));
        std::thread::sleep(Duration::from_millis(50));
    }
    with(TOKEN, 200);
    token_file(&desk, next);
    service.signal("HUP");
    with(next, 200);
    with(TOKEN, 401);
}

#[test]
fn what_cannot_be_served_is_refused_with_its_line() {
    let desk = Desk::default();
    let refused = |http: &str, words: &[&str]| {
        configure(&desk, http);
        for command in [&["config", "check", "--config", "evidenced.yaml"][..], &["run", "--config", "evidenced.yaml"]]
        {
            let done = desk.call(command.iter().copied()).run().expect_code(2, http);
            for word in words {
                assert!(done.stderr.contains(word), "`{word}` is not said: {}", done.stderr);
            }
        }
    };
    refused("{listen: \"0.0.0.0:8080\"}", &["evidenced.yaml:4: http.listen `0.0.0.0:8080`", "token_file"]);
    refused("{listen: \"localhost\"}", &["evidenced.yaml:4: http.listen `localhost`", "127.0.0.1:8080"]);
    refused("{listen: \"127.0.0.1:0\", token_file: absent}", &["http.token_file", "absent", "openssl rand -hex 32"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    configure(&desk, &format!("{{listen: \"{}\"}}", taken.local_addr().unwrap()));
    let done = desk.call(["run", "--config", "evidenced.yaml"]).run().expect_code(2, "a port that is taken");
    assert!(done.stderr.contains("cannot be bound"), "{}", done.stderr);
}

#[test]
fn a_service_whose_store_is_away_is_not_ready_and_shows_what_waits() {
    let (moto, desk, port) = (Moto::empty(), Desk::default(), free_port());
    configure(&desk, &format!("{{listen: \"127.0.0.1:{port}\"}}"));
    let file = desk.folder().join("evidenced.yaml");
    let nobody = format!("s3://evidence/x?endpoint=http://127.0.0.1:{}&region=us-east-1", free_port());
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(&desk.store_url(), &nobody).replace("*/2 * * * * *", "*/5 * * * * *")).unwrap();
    let service = Service::start(&desk, moto.port);
    let waits = |answer: &Answer| {
        let runs = answer.body.lines().find_map(|line| line.strip_prefix("evidenced_spool_runs "));
        runs.is_some_and(|runs| runs.parse::<u64>().unwrap() >= 2)
    };
    let metrics = until(&desk, port, "/metrics", None, waits);
    let samples = parsed(&desk, &metrics.body);
    assert!(figure(&samples, "evidenced_spool_bytes", &[]) > 1000.0);
    assert!(figure(&samples, "evidenced_spool_oldest_age_seconds", &[]) > 0.0);
    assert!(figure(&samples, "evidenced_runs_total", &[("outcome", "spooled")]) > 1.0);
    let answer = get(port, "/readyz", None).unwrap();
    assert!(answer.status == 503 && answer.body.contains("store: "), "{answer:?}");
    assert_eq!(get(port, "/healthz", None).unwrap().status, 200, "it lives");
    drop(service);
}
