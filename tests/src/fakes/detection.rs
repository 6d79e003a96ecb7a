//! What moto lacks of the detection services: `fakes/detection.py`.

use super::script::Script;
use crate::binary::Call;

/// The services that it answers for, as `AWS_ENDPOINT_URL_…` names them.
const SERVICES: [&str; 6] = ["ACCESSANALYZER", "CONFIG_SERVICE", "GUARDDUTY", "INSPECTOR2", "SECURITYHUB", "SSM"];

/// A running fake.
#[derive(Debug)]
pub struct Detection {
    script: Script,
}

impl Detection {
    /// One in which every service is off.
    pub fn start() -> Self {
        Self { script: Script::start("detection.py", &[], &[]) }
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.script.url()
    }

    /// The call with this in place of its services.
    pub fn stand_in(&self, call: Call) -> Call {
        SERVICES.iter().fold(call, |call, service| call.env(&format!("AWS_ENDPOINT_URL_{service}"), self.url()))
    }
}
