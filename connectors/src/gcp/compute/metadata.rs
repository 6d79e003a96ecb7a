//! Metadata of machines: the switches among them. Everything else that people put there (scripts, keys, passwords) is taken
//! out of answers before they are read, and only its key stays.
//!
//! Documentation: <https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys>.

use super::PLAIN;
use crate::document::Read;
use crate::exchange::CollectError;
use crate::gcp::operation::{Operation, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Switches whose values are read. Declarations of secrets leave them where they are.
const SWITCHES: [&str; 4] = ["block-project-ssh-keys", "enable-oslogin", "enable-oslogin-2fa", "serial-port-enable"];

/// `GET projects/{project}`: what is set for all machines of the project. Machines and the project's own document read it, and a
/// run asks it once. Of the metadata's values only those of switches leave the door.
pub(in crate::gcp) static PROJECT: Operation = Operation {
    name: "compute.projects.get",
    permission: "compute.projects.get",
    request: Request::Get("compute/v1/projects/{project}"),
    shared: true,
    secrets: &[
        "commonInstanceMetadata.items[key!=enable-oslogin|enable-oslogin-2fa|block-project-ssh-keys|serial-port-enable|\
         enable-guest-attributes|enable-osconfig].value",
    ],
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/projects/get",
    ..PLAIN
};

/// What Compute Engine says of a project.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::gcp) struct Project {
    // An answer without a name is none: it would say that nothing is set.
    #[serde(rename = "name")]
    _name: String,
    /// The metadata of all of its machines.
    common_instance_metadata: Option<Metadata>,
}

/// Metadata.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Metadata {
    /// One a key.
    #[serde(default)]
    items: Vec<Item>,
}

/// A key of metadata.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Item {
    /// The key.
    key: String,
    /// The value of a switch (`block-project-ssh-keys`, `enable-oslogin`, `enable-oslogin-2fa`, `serial-port-enable`); null
    /// for every other key, whose value is never kept.
    value: Option<String>,
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Sent {
            key: String,
            value: Option<String>,
        }
        let Sent { key, value } = Sent::deserialize(deserializer)?;
        let value = value.filter(|_| SWITCHES.contains(&key.as_str()));
        Ok(Self { key, value })
    }
}

impl Metadata {
    /// What a switch is set to, without case.
    fn said(&self, switch: &str) -> Option<String> {
        self.items
            .iter()
            .find(|item| item.key == switch)?
            .value
            .as_deref()
            .map(|value| value.trim().to_ascii_lowercase())
    }
}

/// Whether the serial console's port answers: the machine's own switch, else the project's, else no.
///
/// # Errors
/// When the machine does not say, and the project could not be read.
pub(super) fn serial_port(own: Option<&Metadata>, project: &Around) -> Outcome {
    // What is no word for "off" may be on.
    let on = |metadata: &Metadata| metadata.said("serial-port-enable").map(|word| !is_off(&word));
    decide(own.and_then(on), project, |metadata| metadata.and_then(on).unwrap_or(false))
}

/// Whether SSH keys of the project's metadata let in: they do where the machine does not block them and OS Login, under
/// which no keys of metadata count, is not on. Documentation: <https://cloud.google.com/compute/docs/connect/restrict-ssh-keys>.
///
/// # Errors
/// When the machine does not say, and the project could not be read.
pub(super) fn project_ssh_keys(own: Option<&Metadata>, project: &Around) -> Outcome {
    let blocked = own.and_then(|own| own.said("block-project-ssh-keys")).is_some_and(|word| is_on(&word));
    let login = |metadata: &Metadata| metadata.said("enable-oslogin").map(|word| is_on(&word));
    let own = if blocked { Some(false) } else { own.and_then(login).map(|login| !login) };
    decide(own, project, |metadata| !metadata.and_then(login).unwrap_or(false))
}

/// The project's metadata, or why it could not be read.
pub(in crate::gcp) type Around = Result<Read<Project>, CollectError>;
/// An answer of yes or no.
type Outcome = Result<Read<Option<bool>>, CollectError>;

fn decide(own: Option<bool>, project: &Around, of_project: impl Fn(Option<&Metadata>) -> bool) -> Outcome {
    match own {
        Some(_) => Ok(Read { value: own, exchanges: vec![], at: None }),
        None => {
            project.clone().map(|read| read.map(|project| Some(of_project(project.common_instance_metadata.as_ref()))))
        }
    }
}

/// Words for true. Documentation: <https://cloud.google.com/compute/docs/metadata/overview> (boolean values).
fn is_on(word: &str) -> bool {
    ["true", "1", "y", "yes"].contains(&word)
}

/// Words for false.
fn is_off(word: &str) -> bool {
    ["false", "0", "n", "no"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn metadata(items: &[(&str, &str)]) -> Metadata {
        let items: Vec<Value> = items.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        serde_json::from_value(json!({"items": items})).unwrap()
    }

    /// What a project says that could be read, or not.
    fn around(read: Option<&[(&str, &str)]>) -> Around {
        let items = read.ok_or_else(|| crate::gcp::door::malformed(&PROJECT, "not read", vec![]))?;
        Ok(Read {
            value: Project { _name: "p".to_owned(), common_instance_metadata: Some(metadata(items)) },
            exchanges: vec![],
            at: None,
        })
    }

    #[test]
    fn a_machine_says_before_its_project_does() {
        let serial = |own: &[(&str, &str)], project: &Around| {
            serial_port(Some(&metadata(own)), project).ok().and_then(|read| read.value)
        };
        let (on, off) = (around(Some(&[("serial-port-enable", "1")])), around(Some(&[])));
        for word in ["TRUE", "true", "1", "Y", "yes", "perhaps"] {
            assert_eq!(serial(&[("serial-port-enable", word)], &around(None)), Some(true), "{word}");
        }
        for word in ["FALSE", "0", "no"] {
            assert_eq!(serial(&[("serial-port-enable", word)], &on), Some(false), "{word}");
        }
        assert_eq!((serial(&[], &on), serial(&[], &off), serial(&[], &around(None))), (Some(true), Some(false), None));
        assert_eq!(serial_port(None, &off).unwrap().value, Some(false));
    }

    #[test]
    fn keys_of_the_project_let_in_unless_they_are_blocked_or_os_login_is_on() {
        let keys = |own: &[(&str, &str)], project: &Around| {
            project_ssh_keys(Some(&metadata(own)), project).ok().and_then(|read| read.value)
        };
        let (on, off) = (around(Some(&[("enable-oslogin", "TRUE")])), around(Some(&[])));
        assert_eq!(keys(&[("block-project-ssh-keys", "true")], &around(None)), Some(false));
        assert_eq!(keys(&[("block-project-ssh-keys", "maybe")], &off), Some(true));
        assert_eq!(keys(&[("enable-oslogin", "true")], &around(None)), Some(false));
        assert_eq!(keys(&[("enable-oslogin", "false")], &on), Some(true), "the machine has turned it off");
        assert_eq!((keys(&[], &on), keys(&[], &off), keys(&[], &around(None))), (Some(false), Some(true), None));
    }

    #[test]
    fn values_stay_of_switches_alone_here_and_in_exchanges() {
        let kept = serde_json::to_value(metadata(&[("startup-script", "canary"), ("enable-oslogin", "TRUE")])).unwrap();
        assert_eq!(kept["items"][0], json!({"key": "startup-script", "value": null}));
        assert_eq!(kept["items"][1]["value"], "TRUE");
        let left = format!("items[key!={}].value", SWITCHES.join("|"));
        for operation in [&super::super::instance::LIST, &crate::gcp::assets::RESOURCES] {
            assert!(operation.secrets.iter().any(|path| path.ends_with(&left)), "{}", operation.name);
        }
        let (_, left) = PROJECT.secrets[0].split_once("!=").unwrap();
        let left: Vec<&str> = left.trim_end_matches("].value").split('|').collect();
        assert!(SWITCHES.iter().all(|switch| left.contains(switch)), "{left:?}");
    }
}
