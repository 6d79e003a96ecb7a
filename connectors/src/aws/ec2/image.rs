//! `aws.ec2.image`

use super::super::listing::{Listed, Name, Nothing, Place, Tags};
use super::{Context, Operation, list};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lists the images that the account owns.
pub static DESCRIBE_IMAGES: Operation = list(
    "DescribeImages",
    "ec2:DescribeImages",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html",
);

/// An image, as `ec2:DescribeImages` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// `ami-…`
    pub image_id: String,
    /// Account that owns it.
    #[serde(alias = "image_owner_id")]
    pub owner_id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Anyone may launch it.
    #[serde(alias = "is_public")]
    pub public: Option<bool>,
    /// `available`, `disabled`, …
    #[serde(alias = "image_state")]
    pub state: Option<String>,
    /// When it was made, RFC 3339.
    pub creation_date: Option<String>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

impl Listed for Image {
    const TYPE: &'static str = "aws.ec2.image";
    const LIST: &'static Operation = &DESCRIBE_IMAGES;
    const ITEMS: &'static [&'static str] = &["images_set"];
    const ALWAYS: &'static [&'static str] = &["public"];
    type Around = ();
    type Derived = Nothing;

    fn input(_: &Context) -> Value {
        json!({"Owner": ["self"], "IncludeDisabled": true, "IncludeDeprecated": true})
    }

    fn belongs(&self, context: &Context) -> bool {
        self.owner_id.as_deref() == Some(context.account())
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = format!("arn:{}:ec2:{}::image/{}", place.context.partition().name, place.region, self.image_id);
        Name { id, name: self.name.clone().unwrap_or(self.image_id.clone()), tags: Some(self.tags.0.clone()) }
    }
}
