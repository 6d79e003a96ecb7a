//! Templates of paths and names, `projects/{project}/topics/{.name}`, filled in from a run and an item.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

/// What a path's value may not hold as it is. Slashes stay: names of resources are paths.
const IN_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// What a template is filled in from.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// Places with a name, `("project", "my-project")`.
    pub names: &'a [(&'a str, &'a str)],
    /// The item, whose members stand as `{.member.inner}` or `{.member:from/}`; null for none.
    pub item: &'a Value,
}

impl Filling<'_> {
    /// The template with its places filled in and encoded for a URL.
    ///
    /// # Errors
    /// Names the place that has no value.
    pub fn url(&self, template: &str) -> Result<String, String> {
        self.fill(template, |text| utf8_percent_encode(text, IN_PATH).to_string())
    }

    /// The template with its places filled in as they are: a resource's name.
    ///
    /// # Errors
    /// Names the place that has no value.
    pub fn name(&self, template: &str) -> Result<String, String> {
        self.fill(template, str::to_owned)
    }

    fn fill(&self, template: &str, written: impl Fn(&str) -> String) -> Result<String, String> {
        let mut filled = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((place, after)) = after.split_once('}') else { break };
            filled.push_str(before);
            filled.push_str(&written(&self.value(place)?));
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, place: &str) -> Result<String, String> {
        let missing = || format!("`{place}` is missing");
        let Some(member) = place.strip_prefix('.') else {
            let found = self.names.iter().find(|(name, _)| *name == place);
            return found.map(|(_, value)| (*value).to_owned()).ok_or_else(missing);
        };
        let (path, from) = member.split_once(':').map_or((member, None), |(path, from)| (path, Some(from)));
        let found = path.split('.').try_fold(self.item, |value, name| value.get(name));
        let text = found.and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(missing)?;
        match from {
            None => Ok(text.to_owned()),
            Some(from) => text.find(from).map(|at| text[at..].to_owned()).ok_or_else(missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_are_filled_in_from_the_run_and_the_item() {
        let link = "https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/i";
        let item = json!({"name": "a b", "selfLink": link, "datasetReference": {"datasetId": "d"}, "empty": ""});
        let filling = Filling { names: &[("project", "p")], item: &item };
        assert_eq!(filling.url("v1/{project}/{.name}?x=1").unwrap(), "v1/p/a%20b?x=1");
        assert_eq!(filling.name("//s/{project}/{.name}").unwrap(), "//s/p/a b");
        assert_eq!(filling.name("//c/{.selfLink:projects/}").unwrap(), "//c/projects/p/zones/z/instances/i");
        assert_eq!(filling.name("{.datasetReference.datasetId}").unwrap(), "d");
        for missing in ["{parent}", "{.none}", "{.empty}", "{.name:projects/}", "{.datasetReference}"] {
            assert!(filling.name(missing).unwrap_err().ends_with("is missing"), "{missing}");
        }
    }
}
