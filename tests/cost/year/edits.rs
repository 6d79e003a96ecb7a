//! What changes in an estate over a year, as edits of the recorded answers: a setting is switched, a thing is gone, a call is refused.
//!
//! Everything follows from a seed: the same recording gives the same year.

use evidenced_schemas::{Cloud, Digest, Exchange};
use serde_json::Value;

/// Numbers that follow from a seed (`SplitMix64`, Steele, Lea and Flood, OOPSLA 2014).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).expect("it is below a usize")
    }
}

/// An edit of one recorded answer, from a run up to another that is not edited any more.
struct Edit {
    exchange: usize,
    kind: Kind,
    which: usize,
    until: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Switched,
    Gone,
    Refused,
}

/// The estate of one scope while the year goes on.
pub(crate) struct Estate {
    recorded: Vec<Exchange>,
    edits: Vec<Edit>,
    dice: Dice,
}

/// Exchanges for which one edit begins at each run.
const EXCHANGES_AN_EDIT: usize = 1_500;
/// The longest that an edit lasts, in runs: thirty days of four.
const LASTS: usize = 120;

impl Estate {
    pub(crate) fn new(recorded: Vec<Exchange>, seed: u64) -> Self {
        Self { recorded, edits: Vec::new(), dice: Dice::new(seed) }
    }

    /// Lets another run's worth of time pass.
    pub(crate) fn pass(&mut self, run: usize) {
        self.edits.retain(|edit| edit.until > run);
        for _ in 0..self.recorded.len().div_ceil(EXCHANGES_AN_EDIT) {
            let kind = [Kind::Switched, Kind::Switched, Kind::Switched, Kind::Gone, Kind::Refused][self.dice.below(5)];
            let (exchange, which) = (self.dice.below(self.recorded.len()), self.dice.below(1 << 30));
            // A refused call is noticed and allowed again soon; the rest lasts longer.
            let most = if matches!(kind, Kind::Refused) { 8 } else { LASTS };
            self.edits.push(Edit { exchange, kind, which, until: run + 1 + self.dice.below(most) });
        }
    }

    /// The answers as they are now.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        let mut all = self.recorded.clone();
        for edit in &self.edits {
            let exchange = &mut all[edit.exchange];
            let Some(response) = exchange.response.as_mut().filter(|response| response.status == 200) else { continue };
            let Some(body) = &response.body else { continue };
            let edited = match edit.kind {
                Kind::Switched => switched(body, edit.which),
                Kind::Gone => without_one(body, edit.which),
                Kind::Refused => {
                    response.status = 403;
                    Some(refusal(exchange.cloud, body))
                }
            };
            if let Some(edited) = edited {
                response.sha256 = Digest::of(edited.as_bytes());
                response.body = Some(edited);
            }
        }
        all
    }
}

/// The text with one of its switches the other way; none where it has none.
fn switched(body: &str, which: usize) -> Option<String> {
    const PAIRS: [(&str, &str); 6] = [
        (">true<", ">false<"),
        (":true", ":false"),
        (": true", ": false"),
        (">Enabled<", ">Suspended<"),
        ("\"Enabled\"", "\"Disabled\""),
        ("\"enabled\"", "\"disabled\""),
    ];
    let ways = || PAIRS.iter().flat_map(|(on, off)| [(*on, *off), (*off, *on)]);
    let places: Vec<(usize, &str, &str)> =
        ways().flat_map(|(is, shall)| body.match_indices(is).map(move |(at, _)| (at, is, shall))).collect();
    let (at, is, shall) = *places.get(which % places.len().max(1))?;
    Some(format!("{}{shall}{}", &body[..at], &body[at + is.len()..]))
}

/// The text without one thing of its list; none where it is no list of several.
fn without_one(body: &str, which: usize) -> Option<String> {
    if let Some(start) = body.find("<Buckets>") {
        let (head, rest) = body.split_at(start + "<Buckets>".len());
        let (buckets, tail) = rest.split_at(rest.find("</Buckets>")?);
        let mut each: Vec<&str> = buckets.split_inclusive("</Bucket>").collect();
        let gone = which % each.len();
        each.remove(gone);
        return Some(format!("{head}{}{tail}", each.concat()));
    }
    let mut answer: Value = serde_json::from_str(body).ok()?;
    let members = answer.as_object_mut()?;
    let list = members.values_mut().find_map(|value| value.as_array_mut().filter(|list| list.len() > 1))?;
    list.remove(which % list.len());
    for count in ["count", "totalRecords", "resultCount"] {
        if let Some(value) = members.get_mut(count) {
            *value = (value.as_u64()? - 1).into();
        }
    }
    Some(answer.to_string())
}

/// A refusal in the provider's words.
fn refusal(cloud: Cloud, answered: &str) -> String {
    let text = match cloud {
        Cloud::Azure => {
            r#"{"error":{"code":"AuthorizationFailed","message":"The client does not have authorization to perform this action."}}"#
        }
        Cloud::Gcp => {
            r#"{"error":{"code":403,"message":"Permission denied on resource.","status":"PERMISSION_DENIED"}}"#
        }
        _ if !answered.trim_start().starts_with('<') => {
            r#"{"__type":"AccessDeniedException","message":"User is not authorized to perform this action"}"#
        }
        _ if answered.contains("ec2.amazonaws.com") => {
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>0</RequestID></Response>"
        }
        _ if answered.contains("s3.amazonaws.com") => {
            "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        }
        _ => {
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User is not authorized to perform this action</Message></Error></ErrorResponse>"
        }
    };
    text.to_owned()
}
