//! What a store promises while something goes wrong between it and its server: nothing half is stored or given, what
//! passes is asked again, what does not ends with an error of the right kind, and a put whose outcome is not known can be
//! made again.
//!
//! Whoever runs it brings the faults. Every case has a key of its own, so that all of them run at once.

use super::get;
use crate::store::{self, Access, Put, Store, StoreErrorKind};
use bytes::Bytes;
use evidenced_schemas::statement::RetentionMode;
use ulid::Ulid;

/// Which requests meet a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Those that change something: PUT and POST.
    Writes,
    /// Those that do not.
    Reads,
    /// All of them.
    All,
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 403 in the service's own words.
    Refused,
    /// The service's answer to too many requests.
    Throttled,
    /// 500 in the service's own words.
    Failing,
    /// The connection ends when the server has got nothing: *failed and not stored*.
    NotStored,
    /// The server has done it, and the connection ends before it can say so: *failed but stored*.
    ButStored,
    /// The connection ends when the server has got half of the request.
    CutRequest,
    /// The connection ends in the middle of the answer.
    CutAnswer,
    /// The last byte of the answer is another one.
    Spoilt,
}

/// For ever: more often than any client asks.
const ALWAYS: usize = 1_000_000;

/// What stands between a store and its server, and does wrong on request.
pub trait Trouble: Send + Sync {
    /// From now on, the next `times` of these requests whose URL holds `naming` meet the fault.
    fn begin(&self, on: On, naming: &str, fault: Fault, times: usize);

    /// Ends what was begun for `naming`. How many requests met it.
    fn end(&self, naming: &str) -> usize;
}

/// Runs every case.
///
/// # Panics
/// When the store breaks a promise.
pub async fn trouble(store: &dyn Store, trouble: &dyn Trouble) {
    let run = Ulid::generate().to_string().to_lowercase();
    let cases = Cases { store, trouble, run: &run };
    let lost = [Fault::NotStored, Fault::CutRequest, Fault::Throttled, Fault::Failing];
    futures::join!(
        cases.refused(),
        cases.answer_lost(),
        cases.half_an_object(),
        cases.half_a_listing(),
        futures::future::join_all(lost.map(|fault| cases.not_stored(fault))),
        futures::future::join_all(
            [Fault::Throttled, Fault::Failing, Fault::CutAnswer].map(|fault| cases.passes(fault))
        ),
    );
    cases.retention_refused().await;
}

/// A store that cannot be reached, or refuses, says which of both when it is opened.
///
/// # Panics
/// When the store breaks a promise.
pub async fn opening_in_trouble(url: &str, trouble: &dyn Trouble) {
    for (fault, kind) in [(Fault::Refused, StoreErrorKind::Denied), (Fault::NotStored, StoreErrorKind::Unavailable)] {
        trouble.begin(On::All, "", fault, ALWAYS);
        // A kind that asks nothing when it is opened finds out with the first call.
        let error = match store::open(url, Access::Read).await {
            Ok(store) => store.get("suite/nothing").await.expect_err("nothing can be read"),
            Err(error) => error,
        };
        assert_eq!(error.kind, kind, "{fault:?}: {error:?}");
        assert!(trouble.end("") >= 1, "{fault:?} was met");
    }
}

struct Cases<'a> {
    store: &'a dyn Store,
    trouble: &'a dyn Trouble,
    run: &'a str,
}

impl Cases<'_> {
    /// A name that is in the URL of each request about it, however the service writes keys; and a key with it.
    fn case(&self, name: &str) -> (String, String) {
        let name = format!("{name}{}", self.run).to_lowercase();
        (name.clone(), format!("suite/trouble/{name}"))
    }

    async fn refused(&self) {
        let (name, key) = self.case("refused");
        self.trouble.begin(On::All, &name, Fault::Refused, ALWAYS);
        let put = self.store.put_new(&key, Bytes::from_static(b"x")).await.expect_err("a put that is refused");
        let got = self.store.get(&key).await.expect_err("a get that is refused");
        let listed = self.store.list(&key).await.expect_err("a listing that is refused");
        for error in [put, got, listed] {
            assert_eq!(error.kind, StoreErrorKind::Denied, "{error:?}");
        }
        let hold = self.store.hold(&key).await.expect("a refusal is told, not failed with");
        assert!(hold.mode == RetentionMode::Unknown && hold.reason.is_some(), "{hold:?}");
        assert!(self.trouble.end(&name) >= 4, "the faults were met");
        assert_eq!(get(self.store, &key).await, None, "a refused put stored something");
    }

    async fn retention_refused(&self) {
        self.trouble.begin(On::All, "", Fault::Refused, ALWAYS);
        let told = self.store.retention().await.expect("a refusal is told, not failed with");
        assert!(told.mode == RetentionMode::Unknown && told.reason.is_some(), "{told:?}");
        assert!(self.trouble.end("") >= 1, "the fault was met");
    }

    /// A put that the server never got, once and for ever.
    async fn not_stored(&self, fault: Fault) {
        let bytes = body(fault);
        let (name, key) = self.case(&format!("once{fault:?}"));
        self.trouble.begin(On::Writes, &name, fault, 1);
        assert!(self.store.put_new(&key, bytes.clone()).await.is_ok(), "{fault:?} once passes");
        assert_eq!(self.trouble.end(&name), 1, "{fault:?} was met");
        assert!(get(self.store, &key).await == Some(bytes.clone()), "{fault:?}: other bytes");

        let (name, key) = self.case(&format!("always{fault:?}"));
        self.trouble.begin(On::Writes, &name, fault, ALWAYS);
        let error = self.store.put_new(&key, bytes.clone()).await.expect_err("a put that is never answered");
        assert_eq!(error.kind, StoreErrorKind::Unavailable, "{fault:?}: {error:?}");
        assert!(self.trouble.end(&name) >= 2, "{fault:?} is worth asking again");
        assert_eq!(get(self.store, &key).await, None, "{fault:?} stored something");
        assert_eq!(self.store.put_new(&key, bytes.clone()).await.expect("put"), Put::Stored, "{fault:?}, then fine");
        assert!(get(self.store, &key).await == Some(bytes), "{fault:?}: other bytes");
    }

    /// A put that the server did and could not tell of, once and for ever.
    async fn answer_lost(&self) {
        for (how, times) in [("once", 1), ("always", ALWAYS)] {
            let bytes = body(how);
            let (name, key) = self.case(&format!("lost{how}"));
            self.trouble.begin(On::Writes, &name, Fault::ButStored, times);
            let put = self.store.put_new(&key, bytes.clone()).await;
            match (times, &put) {
                (1, Ok(_)) => {}
                (_, Err(error)) => assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}"),
                (_, Ok(put)) => panic!("a put that is never answered ended with {put:?}"),
            }
            assert!(self.trouble.end(&name) >= 1, "the fault was met");
            // As the ledger does: the same put again, and then the bytes that are there are ours.
            assert_eq!(self.store.put_new(&key, bytes.clone()).await.expect("put"), Put::Exists, "it was stored {how}");
            assert!(get(self.store, &key).await == Some(bytes), "other bytes than were put");
        }
    }

    /// Reads that fail twice and then do not.
    async fn passes(&self, fault: Fault) {
        let bytes = body(fault);
        let (name, key) = self.case(&format!("passes{fault:?}"));
        assert_eq!(self.store.put_new(&key, bytes.clone()).await.expect("put"), Put::Stored);
        self.trouble.begin(On::Reads, &name, fault, 2);
        assert!(get(self.store, &key).await == Some(bytes), "{fault:?} twice, then fine");
        assert_eq!(self.trouble.end(&name), 2, "{fault:?} was met");
        self.trouble.begin(On::Reads, &name, fault, 2);
        assert_eq!(self.store.list(&key).await.expect("listing"), [key], "{fault:?} twice, then fine");
        assert_eq!(self.trouble.end(&name), 2, "{fault:?} was met");
    }

    async fn half_an_object(&self) {
        let (name, key) = self.case("halfobject");
        assert_eq!(self.store.put_new(&key, body("half")).await.expect("put"), Put::Stored);
        self.trouble.begin(On::Reads, &name, Fault::CutAnswer, ALWAYS);
        let error = self.store.get(&key).await.expect_err("half an object is none");
        assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
        assert!(self.trouble.end(&name) >= 2, "it is worth asking again");
    }

    async fn half_a_listing(&self) {
        let (name, key) = self.case("halflisting");
        for number in 0..20 {
            let key = format!("{key}/{number}");
            assert_eq!(self.store.put_new(&key, Bytes::new()).await.expect("put"), Put::Stored);
        }
        self.trouble.begin(On::Reads, &name, Fault::CutAnswer, ALWAYS);
        let error = self.store.list(&key).await.expect_err("half a listing is none");
        assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
        assert!(self.trouble.end(&name) >= 2, "it is worth asking again");
    }
}

/// Some bytes that differ from case to case and are long enough to be cut.
fn body(of: impl std::fmt::Debug) -> Bytes {
    Bytes::from(format!("{of:?} ").repeat(20_000))
}
