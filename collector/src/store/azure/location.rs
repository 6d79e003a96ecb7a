//! What an `az://` URL names.

use super::super::key_problem;
use url::Url;

/// Azure's public cloud.
const RESOURCE_MANAGER: &str = "https://management.azure.com";

/// A container, as a URL names it: `az://account/container/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The storage account.
    pub account: String,
    /// The container.
    pub name: String,
    /// Empty, or with a closing slash.
    pub prefix: String,
    /// The account's blob service.
    pub endpoint: Url,
    /// Where the account stands in Resource Manager, for the days of its policy; none where the URL does not say.
    pub resource: Option<Resource>,
}

/// An account in Resource Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Subscription id.
    pub subscription: String,
    /// Resource group.
    pub group: String,
    /// The cloud's Resource Manager.
    pub manager: Url,
}

/// The parts of the query, as they were written.
#[derive(Default)]
struct Query {
    endpoint: Option<String>,
    subscription: Option<String>,
    group: Option<String>,
    manager: Option<String>,
}

impl Container {
    /// Reads what follows `az://`.
    ///
    /// # Errors
    /// What is wrong, and what to write.
    pub(in super::super) fn parse(rest: &str) -> Result<Self, String> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (account, path) = path.split_once('/').unwrap_or((path, ""));
        let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
        let write = "write az://account/container or az://account/container/prefix";
        if account.is_empty() || !account.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            return Err(format!("`{account}` is no name of a storage account: {write}"));
        }
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(format!("`{name}` is no container name: {write}"));
        }
        let prefix = prefix.trim_matches('/');
        if let Some(problem) = key_problem(prefix).filter(|_| !prefix.is_empty()) {
            return Err(format!("the prefix `{prefix}` {problem}"));
        }
        let query = Query::parse(query)?;
        Ok(Self {
            endpoint: query.endpoint(account)?,
            resource: query.resource()?,
            account: account.to_owned(),
            name: name.to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
        })
    }
}

impl Query {
    fn parse(text: &str) -> Result<Self, String> {
        let mut query = Self::default();
        for (key, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let place = match key.as_ref() {
                "endpoint" => &mut query.endpoint,
                "subscription" => &mut query.subscription,
                "resource_group" => &mut query.group,
                "resource_manager" => &mut query.manager,
                other => {
                    return Err(format!(
                        "`{other}` is not known after `?`: there are endpoint, subscription, resource_group and \
                         resource_manager"
                    ));
                }
            };
            if value.is_empty() {
                return Err(format!("`{key}` after `?` is empty"));
            }
            *place = Some(value.into_owned());
        }
        Ok(query)
    }

    fn endpoint(&self, account: &str) -> Result<Url, String> {
        let text = self.endpoint.clone().unwrap_or_else(|| format!("https://{account}.blob.core.windows.net"));
        let endpoint = base_url("endpoint", &text)?;
        if endpoint.scheme() != "https" {
            return Err(format!("the endpoint `{text}` is not https, and tokens are not sent in the clear"));
        }
        Ok(endpoint)
    }

    fn resource(&self) -> Result<Option<Resource>, String> {
        let (subscription, group) = match (&self.subscription, &self.group) {
            (Some(subscription), Some(group)) => (subscription.clone(), group.clone()),
            (None, None) if self.manager.is_none() => return Ok(None),
            _ => return Err("subscription and resource_group belong together: give both".to_owned()),
        };
        let manager = base_url("resource_manager", self.manager.as_deref().unwrap_or(RESOURCE_MANAGER))?;
        if manager.scheme() != "https" {
            return Err(format!("the resource_manager `{manager}` is not https, and tokens are not sent in the clear"));
        }
        Ok(Some(Resource { subscription, group, manager }))
    }
}

fn base_url(what: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(Url::has_host);
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
    url.ok_or_else(|| format!("the {what} `{text}` is no URL: write https://host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_named_with_its_account() {
        let plain = Container::parse("acmeevidence/soc2").unwrap();
        assert_eq!(plain.endpoint.as_str(), "https://acmeevidence.blob.core.windows.net/");
        assert_eq!((plain.name.as_str(), plain.prefix.as_str(), plain.resource), ("soc2", "", None));
        let elsewhere = Container::parse("a1/c-1/x/y/?endpoint=https://127.0.0.1:1000/a1").unwrap();
        assert_eq!(elsewhere.endpoint.as_str(), "https://127.0.0.1:1000/a1");
        assert_eq!(elsewhere.prefix, "x/y/");
        let named = Container::parse("a/c?subscription=s&resource_group=g%20h").unwrap().resource.unwrap();
        assert_eq!((named.subscription.as_str(), named.group.as_str()), ("s", "g h"));
        assert_eq!(named.manager.as_str(), "https://management.azure.com/");
        let manager = "https://127.0.0.1:9";
        let fake = Container::parse(&format!("a/c?subscription=s&resource_group=g&resource_manager={manager}"));
        assert_eq!(fake.unwrap().resource.unwrap().manager.port(), Some(9));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (rest, word) in [
            ("", "storage account"),
            ("Account/c", "storage account"),
            ("account", "container name"),
            ("account/", "container name"),
            ("account/UPPER", "container name"),
            ("account/c/../x", "`..`"),
            ("account/c?endpoint=here", "is no URL"),
            ("account/c?endpoint=http://127.0.0.1:1000/account", "in the clear"),
            ("account/c?endpoint=", "is empty"),
            ("account/c?key=x", "there are endpoint, subscription"),
            ("account/c?subscription=x", "belong together"),
            ("account/c?resource_manager=https://x", "belong together"),
            ("account/c?subscription=s&resource_group=g&resource_manager=http://elsewhere", "in the clear"),
        ] {
            let error = Container::parse(rest).unwrap_err();
            assert!(error.contains(word), "{rest}: {error}");
        }
    }
}
