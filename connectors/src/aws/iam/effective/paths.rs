//! Sets of permissions by which a principal becomes stronger than it is, and what each must meet to work.
//!
//! Facts from DataDog's pathfinding.cloud (commit 84dd65c), Prowler 5.46 `privilege_escalation.py` (which cites Rhino Security
//! Labs, Bishop Fox and BeyondTrust) and the documentation of IAM; action names were checked against the service
//! authorization reference. Which service must be trusted is how the service's own guide has it.

use Step::{Anything, Target, TargetPolicy};
use Via::{
    AnyRole, AnyUser, AssumableRole, CappedAssumableRole, CappedRole, CappedUser, Held, Management, OidcRole, OwnGroup,
    OwnPolicy, OwnPolicyOfVersions, OwnRole, OwnUser, Passed, SamlRole, StrongerAssumableRole, StrongerGroup,
    StrongerRole, StrongerUser,
};

/// One way.
#[derive(Debug)]
pub(super) struct Path {
    /// Every one of these must be allowed.
    pub(super) steps: &'static [(&'static str, Step)],
    /// What it goes through.
    pub(super) via: Via,
    /// Who described it.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is for readers"))]
    pub(super) source: &'static str,
}

/// What an action must be allowed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// What the path goes through.
    Target,
    /// A customer-managed policy that is attached to it.
    TargetPolicy,
    /// Something of the action's service.
    Anything,
}

/// What a path goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// The calling user itself.
    OwnUser,
    /// The calling role itself.
    OwnRole,
    /// A group that the calling user is in.
    OwnGroup,
    /// A customer-managed policy that is attached to the caller.
    OwnPolicy,
    /// The same, with versions besides the default one.
    OwnPolicyOfVersions,
    /// The calling user, which has a permissions boundary.
    CappedUser,
    /// The calling role, which has a permissions boundary.
    CappedRole,
    /// A group that grants more than the caller has.
    StrongerGroup,
    /// A user that is stronger than the caller.
    StrongerUser,
    /// Any other user.
    AnyUser,
    /// A role that is stronger than the caller.
    StrongerRole,
    /// Any other role.
    AnyRole,
    /// A role whose trust policy lets the caller in.
    AssumableRole,
    /// The same, with a permissions boundary.
    CappedAssumableRole,
    /// A role that lets the caller in and is stronger.
    StrongerAssumableRole,
    /// A stronger role that trusts a SAML provider of the account.
    SamlRole,
    /// A stronger role that trusts an OpenID Connect provider of the account.
    OidcRole,
    /// A stronger role that trusts one of these services, and may be passed to it.
    Passed(&'static [&'static str]),
    /// A stronger role that trusts one of these services, under which something of it may run.
    Held(&'static [&'static str]),
    /// The management account of the organisation, or one that it delegates to: what is behind it is not seen.
    Management,
}

impl Path {
    /// Its actions, joined by `+`: its name.
    pub(super) fn name(&self) -> String {
        self.steps.iter().map(|(action, _)| *action).collect::<Vec<_>>().join("+")
    }

    /// True when this path needs nothing but actions of the other, and fewer.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        let holds = |(action, _): &(&str, Step)| other.steps.iter().any(|(theirs, _)| theirs == action);
        self.steps.len() < other.steps.len() && self.steps.iter().all(holds)
    }
}

const fn path(steps: &'static [(&'static str, Step)], via: Via, source: &'static str) -> Path {
    Path { steps, via, source }
}

/// Every path, in the order of its name.
pub(super) const PATHS: &[Path] = &[
    path(
        &[("apprunner:CreateService", Anything), ("iam:PassRole", Target)],
        Passed(&["tasks.apprunner.amazonaws.com"]),
        "pathfinding.cloud/apprunner-001",
    ),
    path(
        &[("apprunner:UpdateService", Anything)],
        Held(&["tasks.apprunner.amazonaws.com"]),
        "pathfinding.cloud/apprunner-002",
    ),
    path(
        &[
            ("autoscaling:CreateAutoScalingGroup", Anything),
            ("autoscaling:CreateLaunchConfiguration", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["ec2.amazonaws.com"]),
        "prowler/PassRole+CreateAutoScaling",
    ),
    path(
        &[
            ("autoscaling:CreateLaunchConfiguration", Anything),
            ("autoscaling:UpdateAutoScalingGroup", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["ec2.amazonaws.com"]),
        "prowler/PassRole+UpdateAutoScaling",
    ),
    path(
        &[("batch:RegisterJobDefinition", Anything), ("batch:SubmitJob", Anything), ("iam:PassRole", Target)],
        Passed(&["ecs-tasks.amazonaws.com"]),
        "prowler/PassRole+BatchRegisterJobDef+SubmitJob",
    ),
    path(&[("batch:SubmitJob", Anything)], Held(&["ecs-tasks.amazonaws.com"]), "prowler/BatchSubmitJob"),
    path(
        &[
            ("bedrock-agentcore:ConnectBrowserAutomationStream", Anything),
            ("bedrock-agentcore:CreateBrowser", Anything),
            ("bedrock-agentcore:StartBrowserSession", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["bedrock-agentcore.amazonaws.com"]),
        "prowler/PassRole+AgentCoreCreateBrowser+ConnectBrowser",
    ),
    path(
        &[
            ("bedrock-agentcore:ConnectBrowserAutomationStream", Anything),
            ("bedrock-agentcore:StartBrowserSession", Anything),
        ],
        Held(&["bedrock-agentcore.amazonaws.com"]),
        "prowler/AgentCoreBrowserSessionConnect",
    ),
    path(
        &[
            ("bedrock-agentcore:CreateAgentRuntime", Anything),
            ("bedrock-agentcore:CreateAgentRuntimeEndpoint", Anything),
            ("bedrock-agentcore:CreateHarness", Anything),
            ("bedrock-agentcore:CreateWorkloadIdentity", Anything),
            ("bedrock-agentcore:GetAgentRuntime", Anything),
            ("bedrock-agentcore:InvokeAgentRuntimeCommand", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["bedrock-agentcore.amazonaws.com"]),
        "prowler/PassRole+AgentCoreCreateHarness+InvokeRuntimeCommand",
    ),
    path(
        &[
            ("bedrock-agentcore:CreateAgentRuntime", Anything),
            ("bedrock-agentcore:CreateAgentRuntimeEndpoint", Anything),
            ("bedrock-agentcore:CreateWorkloadIdentity", Anything),
            ("bedrock-agentcore:InvokeAgentRuntimeCommand", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["bedrock-agentcore.amazonaws.com"]),
        "prowler/PassRole+AgentCoreCreateRuntime+InvokeRuntimeCommand",
    ),
    path(
        &[
            ("bedrock-agentcore:CreateCodeInterpreter", Anything),
            ("bedrock-agentcore:InvokeCodeInterpreter", Anything),
            ("bedrock-agentcore:StartCodeInterpreterSession", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["bedrock-agentcore.amazonaws.com"]),
        "pathfinding.cloud/bedrock-001",
    ),
    path(
        &[("bedrock-agentcore:InvokeAgentRuntimeCommand", Anything)],
        Held(&["bedrock-agentcore.amazonaws.com"]),
        "prowler/AgentCoreInvokeRuntimeCommand",
    ),
    path(
        &[
            ("bedrock-agentcore:InvokeCodeInterpreter", Anything),
            ("bedrock-agentcore:StartCodeInterpreterSession", Anything),
        ],
        Held(&["bedrock-agentcore.amazonaws.com"]),
        "pathfinding.cloud/bedrock-002",
    ),
    path(
        &[("braket:CreateJob", Anything), ("iam:PassRole", Target)],
        Passed(&["braket.amazonaws.com"]),
        "prowler/PassRole+BraketCreateJob",
    ),
    path(
        &[("cloudformation:CreateChangeSet", Anything), ("cloudformation:ExecuteChangeSet", Anything)],
        Held(&["cloudformation.amazonaws.com"]),
        "pathfinding.cloud/cloudformation-005",
    ),
    path(
        &[("cloudformation:CreateStack", Anything), ("iam:PassRole", Target)],
        Passed(&["cloudformation.amazonaws.com"]),
        "pathfinding.cloud/cloudformation-001",
    ),
    path(
        &[
            ("cloudformation:CreateStackInstances", Anything),
            ("cloudformation:CreateStackSet", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["cloudformation.amazonaws.com"]),
        "pathfinding.cloud/cloudformation-003",
    ),
    path(
        &[("cloudformation:UpdateStack", Anything)],
        Held(&["cloudformation.amazonaws.com"]),
        "pathfinding.cloud/cloudformation-002",
    ),
    path(
        &[("cloudformation:UpdateStackSet", Anything), ("iam:PassRole", Target)],
        Passed(&["cloudformation.amazonaws.com"]),
        "pathfinding.cloud/cloudformation-004",
    ),
    path(
        &[("codebuild:CreateProject", Anything), ("codebuild:StartBuild", Anything), ("iam:PassRole", Target)],
        Passed(&["codebuild.amazonaws.com"]),
        "pathfinding.cloud/codebuild-001",
    ),
    path(
        &[("codebuild:CreateProject", Anything), ("codebuild:StartBuildBatch", Anything), ("iam:PassRole", Target)],
        Passed(&["codebuild.amazonaws.com"]),
        "pathfinding.cloud/codebuild-004",
    ),
    path(&[("codebuild:StartBuild", Anything)], Held(&["codebuild.amazonaws.com"]), "pathfinding.cloud/codebuild-002"),
    path(
        &[("codebuild:StartBuildBatch", Anything)],
        Held(&["codebuild.amazonaws.com"]),
        "pathfinding.cloud/codebuild-003",
    ),
    path(
        &[
            ("codedeploy:CreateDeployment", Anything),
            ("codedeploy:GetDeploymentConfig", Anything),
            ("codedeploy:RegisterApplicationRevision", Anything),
        ],
        Held(&["ec2.amazonaws.com"]),
        "prowler/CodeDeployCreateDeployment",
    ),
    path(
        &[("codestar:CreateProject", Anything), ("iam:PassRole", Target)],
        Passed(&["codestar.amazonaws.com"]),
        "prowler/PassRole+CodeStar",
    ),
    path(
        &[("cognito-identity:SetIdentityPoolRoles", Anything), ("iam:PassRole", Target)],
        Passed(&["cognito-identity.amazonaws.com"]),
        "prowler/PassRole+CognitoSetIdentityPoolRoles",
    ),
    path(
        &[
            ("datapipeline:ActivatePipeline", Anything),
            ("datapipeline:CreatePipeline", Anything),
            ("datapipeline:PutPipelineDefinition", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["datapipeline.amazonaws.com", "elasticmapreduce.amazonaws.com", "ec2.amazonaws.com"]),
        "pathfinding.cloud/datapipeline-001",
    ),
    path(
        &[
            ("dynamodb:CreateTable", Anything),
            ("dynamodb:PutItem", Anything),
            ("iam:PassRole", Target),
            ("lambda:CreateEventSourceMapping", Anything),
            ("lambda:CreateFunction", Anything),
        ],
        Passed(&["lambda.amazonaws.com"]),
        "prowler/PassRole+CreateLambda+NewDynamo",
    ),
    path(
        &[("ec2-instance-connect:SendSSHPublicKey", Anything), ("ec2:DescribeInstances", Anything)],
        Held(&["ec2.amazonaws.com"]),
        "pathfinding.cloud/ec2instanceconnect-003",
    ),
    path(
        &[("ec2:CreateLaunchTemplateVersion", Anything), ("ec2:ModifyLaunchTemplate", Anything)],
        Held(&["ec2.amazonaws.com"]),
        "pathfinding.cloud/ec2-004",
    ),
    path(
        &[("ec2:ModifyInstanceAttribute", Anything), ("ec2:StartInstances", Anything), ("ec2:StopInstances", Anything)],
        Held(&["ec2.amazonaws.com"]),
        "pathfinding.cloud/ec2-002",
    ),
    path(
        &[("ec2:RequestSpotInstances", Anything), ("iam:PassRole", Target)],
        Passed(&["ec2.amazonaws.com"]),
        "pathfinding.cloud/ec2-003",
    ),
    path(
        &[("ec2:RunInstances", Anything), ("iam:PassRole", Target)],
        Passed(&["ec2.amazonaws.com"]),
        "pathfinding.cloud/ec2-001",
    ),
    path(
        &[
            ("ecs:CreateCluster", Anything),
            ("ecs:CreateService", Anything),
            ("ecs:RegisterTaskDefinition", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["ecs-tasks.amazonaws.com"]),
        "pathfinding.cloud/ecs-001",
    ),
    path(
        &[
            ("ecs:CreateCluster", Anything),
            ("ecs:RegisterTaskDefinition", Anything),
            ("ecs:RunTask", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["ecs-tasks.amazonaws.com"]),
        "pathfinding.cloud/ecs-002",
    ),
    path(
        &[("ecs:CreateService", Anything), ("ecs:RegisterTaskDefinition", Anything), ("iam:PassRole", Target)],
        Passed(&["ecs-tasks.amazonaws.com"]),
        "pathfinding.cloud/ecs-003",
    ),
    path(
        &[
            ("ecs:DeregisterContainerInstance", Anything),
            ("ecs:RegisterContainerInstance", Anything),
            ("ecs:StartTask", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["ecs-tasks.amazonaws.com"]),
        "prowler/PassRole+ECS+StartTask",
    ),
    path(
        &[("ecs:DescribeTasks", Anything), ("ecs:ExecuteCommand", Anything)],
        Held(&["ecs-tasks.amazonaws.com"]),
        "prowler/ECS+ExecuteCommand",
    ),
    path(
        &[("ecs:RegisterTaskDefinition", Anything), ("ecs:RunTask", Anything), ("iam:PassRole", Target)],
        Passed(&["ecs-tasks.amazonaws.com"]),
        "pathfinding.cloud/ecs-004",
    ),
    path(
        &[("ecs:RegisterTaskDefinition", Anything), ("ecs:StartTask", Anything), ("iam:PassRole", Target)],
        Passed(&["ecs-tasks.amazonaws.com"]),
        "pathfinding.cloud/ecs-005",
    ),
    path(
        &[("ecs:RunTask", Anything), ("iam:PassRole", Target)],
        Passed(&["ecs-tasks.amazonaws.com"]),
        "prowler/PassRole+ECS+RunTask",
    ),
    path(
        &[("ecs:StartTask", Anything), ("iam:PassRole", Target)],
        Passed(&["ecs-tasks.amazonaws.com"]),
        "prowler/PassRole+ECSStartTaskExistingCluster",
    ),
    path(
        &[("elasticmapreduce:RunJobFlow", Anything), ("iam:PassRole", Target)],
        Passed(&["elasticmapreduce.amazonaws.com", "ec2.amazonaws.com"]),
        "prowler/PassRole+EMRRunJobFlow",
    ),
    path(
        &[
            ("emr-serverless:CreateApplication", Anything),
            ("emr-serverless:StartJobRun", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["emr-serverless.amazonaws.com"]),
        "prowler/PassRole+EMRServerlessCreateApp+StartJobRun",
    ),
    path(
        &[
            ("gamelift:CreateBuild", Anything),
            ("gamelift:CreateFleet", Anything),
            ("gamelift:RequestUploadCredentials", Anything),
            ("iam:PassRole", Target),
        ],
        Passed(&["gamelift.amazonaws.com"]),
        "prowler/PassRole+GameLiftCreateBuild+CreateFleet",
    ),
    path(
        &[("glue:CreateDevEndpoint", Anything), ("iam:PassRole", Target)],
        Passed(&["glue.amazonaws.com"]),
        "pathfinding.cloud/glue-001",
    ),
    path(
        &[("glue:CreateJob", Anything), ("glue:CreateTrigger", Anything), ("iam:PassRole", Target)],
        Passed(&["glue.amazonaws.com"]),
        "pathfinding.cloud/glue-004",
    ),
    path(
        &[("glue:CreateJob", Anything), ("glue:StartJobRun", Anything), ("iam:PassRole", Target)],
        Passed(&["glue.amazonaws.com"]),
        "pathfinding.cloud/glue-003",
    ),
    path(
        &[("glue:CreateSession", Anything), ("glue:RunStatement", Anything), ("iam:PassRole", Target)],
        Passed(&["glue.amazonaws.com"]),
        "prowler/PassRole+GlueCreateSession+RunStatement",
    ),
    path(
        &[("glue:CreateTrigger", Anything), ("glue:UpdateJob", Anything), ("iam:PassRole", Target)],
        Passed(&["glue.amazonaws.com"]),
        "pathfinding.cloud/glue-006",
    ),
    path(
        &[("glue:StartJobRun", Anything), ("glue:UpdateJob", Anything), ("iam:PassRole", Target)],
        Passed(&["glue.amazonaws.com"]),
        "pathfinding.cloud/glue-005",
    ),
    path(&[("glue:UpdateDevEndpoint", Anything)], Held(&["glue.amazonaws.com"]), "pathfinding.cloud/glue-002"),
    path(&[("iam:AddUserToGroup", Target)], StrongerGroup, "pathfinding.cloud/iam-013"),
    path(&[("iam:AttachGroupPolicy", Target)], OwnGroup, "pathfinding.cloud/iam-010"),
    path(&[("iam:AttachRolePolicy", Target)], OwnRole, "pathfinding.cloud/iam-009"),
    path(
        &[("iam:AttachRolePolicy", Target), ("iam:UpdateAssumeRolePolicy", Target)],
        AnyRole,
        "pathfinding.cloud/iam-019",
    ),
    path(&[("iam:AttachRolePolicy", Target), ("sts:AssumeRole", Target)], AssumableRole, "pathfinding.cloud/iam-014"),
    path(&[("iam:AttachUserPolicy", Target)], OwnUser, "pathfinding.cloud/iam-008"),
    path(&[("iam:AttachUserPolicy", Target), ("iam:CreateAccessKey", Target)], AnyUser, "pathfinding.cloud/iam-015"),
    path(&[("iam:CreateAccessKey", Target)], StrongerUser, "pathfinding.cloud/iam-002"),
    path(
        &[("iam:CreateAccessKey", Target), ("iam:DeleteAccessKey", Target)],
        StrongerUser,
        "pathfinding.cloud/iam-003",
    ),
    path(&[("iam:CreateAccessKey", Target), ("iam:PutUserPolicy", Target)], AnyUser, "pathfinding.cloud/iam-018"),
    path(&[("iam:CreateLoginProfile", Target)], StrongerUser, "pathfinding.cloud/iam-004"),
    path(&[("iam:CreateLoginProfile", Target), ("iam:DeactivateMFADevice", Target)], StrongerUser, "AWS IAM docs"),
    path(&[("iam:CreatePolicyVersion", TargetPolicy)], OwnPolicy, "pathfinding.cloud/iam-001"),
    path(
        &[("iam:CreatePolicyVersion", TargetPolicy), ("iam:UpdateAssumeRolePolicy", Target)],
        AnyRole,
        "pathfinding.cloud/iam-020",
    ),
    path(
        &[("iam:CreatePolicyVersion", TargetPolicy), ("sts:AssumeRole", Target)],
        AssumableRole,
        "pathfinding.cloud/iam-016",
    ),
    path(
        &[("iam:CreateServiceSpecificCredential", Target)],
        StrongerUser,
        "Prowler bedrock/iam service-specific credentials checks",
    ),
    path(&[("iam:DeleteRolePermissionsBoundary", Target)], CappedRole, "AWS IAM docs: permissions boundaries"),
    path(
        &[("iam:DeleteRolePermissionsBoundary", Target), ("sts:AssumeRole", Target)],
        CappedAssumableRole,
        "prowler/AssumeRole+DeleteRolePermissionsBoundary",
    ),
    path(&[("iam:DeleteUserPermissionsBoundary", Target)], CappedUser, "prowler/iam:DeleteUserPermissionsBoundary"),
    path(
        &[
            ("iam:PassRole", Target),
            ("imagebuilder:CreateComponent", Anything),
            ("imagebuilder:CreateImage", Anything),
            ("imagebuilder:CreateImageRecipe", Anything),
            ("imagebuilder:CreateInfrastructureConfiguration", Anything),
        ],
        Passed(&["ec2.amazonaws.com", "imagebuilder.amazonaws.com"]),
        "prowler/PassRole+ImageBuilderCreateComponent+CreateImage",
    ),
    path(
        &[
            ("iam:PassRole", Target),
            ("kinesisanalytics:CreateApplication", Anything),
            ("kinesisanalytics:StartApplication", Anything),
        ],
        Passed(&["kinesisanalytics.amazonaws.com"]),
        "prowler/PassRole+KinesisAnalyticsCreateApp+StartApp",
    ),
    path(
        &[("iam:PassRole", Target), ("lambda:AddPermission", Anything), ("lambda:CreateFunction", Anything)],
        Passed(&["lambda.amazonaws.com"]),
        "pathfinding.cloud/lambda-006",
    ),
    path(
        &[("iam:PassRole", Target), ("lambda:CreateEventSourceMapping", Anything), ("lambda:CreateFunction", Anything)],
        Passed(&["lambda.amazonaws.com"]),
        "pathfinding.cloud/lambda-002",
    ),
    path(
        &[("iam:PassRole", Target), ("lambda:CreateFunction", Anything), ("lambda:InvokeFunction", Anything)],
        Passed(&["lambda.amazonaws.com"]),
        "pathfinding.cloud/lambda-001",
    ),
    path(
        &[
            ("iam:PassRole", Target),
            ("omics:CreateWorkflow", Anything),
            ("omics:StartRun", Anything),
            ("s3:GetObject", Anything),
        ],
        Passed(&["omics.amazonaws.com"]),
        "prowler/PassRole+OmicsCreateWorkflow+StartRun",
    ),
    path(
        &[("iam:PassRole", Target), ("sagemaker:CreateNotebookInstance", Anything)],
        Passed(&["sagemaker.amazonaws.com"]),
        "pathfinding.cloud/sagemaker-001",
    ),
    path(
        &[("iam:PassRole", Target), ("sagemaker:CreateProcessingJob", Anything)],
        Passed(&["sagemaker.amazonaws.com"]),
        "pathfinding.cloud/sagemaker-003",
    ),
    path(
        &[("iam:PassRole", Target), ("sagemaker:CreateTrainingJob", Anything)],
        Passed(&["sagemaker.amazonaws.com"]),
        "pathfinding.cloud/sagemaker-002",
    ),
    path(
        &[("iam:PassRole", Target), ("scheduler:CreateSchedule", Anything)],
        Passed(&["scheduler.amazonaws.com"]),
        "prowler/PassRole+SchedulerCreateSchedule",
    ),
    path(
        &[("iam:PassRole", Target), ("ssm:CreateDocument", Anything), ("ssm:StartAutomationExecution", Anything)],
        Passed(&["ssm.amazonaws.com"]),
        "prowler/PassRole+SSMCreateDocument+StartAutomation",
    ),
    path(
        &[("iam:PassRole", Target), ("states:CreateStateMachine", Anything), ("states:StartExecution", Anything)],
        Passed(&["states.amazonaws.com"]),
        "prowler/PassRole+StepFunctionsCreateStateMachine+StartExecution",
    ),
    path(&[("iam:PutGroupPolicy", Target)], OwnGroup, "pathfinding.cloud/iam-011"),
    path(&[("iam:PutRolePermissionsBoundary", Target)], CappedRole, "AWS IAM docs: permissions boundaries"),
    path(&[("iam:PutRolePolicy", Target)], OwnRole, "pathfinding.cloud/iam-005"),
    path(
        &[("iam:PutRolePolicy", Target), ("iam:UpdateAssumeRolePolicy", Target)],
        AnyRole,
        "pathfinding.cloud/iam-021",
    ),
    path(&[("iam:PutRolePolicy", Target), ("sts:AssumeRole", Target)], AssumableRole, "pathfinding.cloud/iam-017"),
    path(&[("iam:PutUserPermissionsBoundary", Target)], CappedUser, "AWS IAM docs: permissions boundaries"),
    path(&[("iam:PutUserPolicy", Target)], OwnUser, "pathfinding.cloud/iam-007"),
    path(&[("iam:SetDefaultPolicyVersion", TargetPolicy)], OwnPolicyOfVersions, "prowler/SetDefaultPolicyVersion"),
    path(&[("iam:UpdateAssumeRolePolicy", Target)], StrongerRole, "pathfinding.cloud/iam-012"),
    path(
        &[("iam:UpdateAssumeRolePolicy", Target), ("sts:AssumeRole", Target)],
        StrongerRole,
        "prowler/AssumeRole+UpdateAssumeRolePolicy",
    ),
    path(&[("iam:UpdateLoginProfile", Target)], StrongerUser, "pathfinding.cloud/iam-006"),
    path(&[("iam:UpdateOpenIDConnectProviderThumbprint", Anything)], OidcRole, "AWS IAM docs: OIDC federation"),
    path(&[("iam:UpdateSAMLProvider", Anything)], SamlRole, "AWS IAM docs: SAML federation"),
    path(
        &[("lambda:AddPermission", Anything), ("lambda:UpdateFunctionCode", Anything)],
        Held(&["lambda.amazonaws.com"]),
        "pathfinding.cloud/lambda-005",
    ),
    path(
        &[("lambda:InvokeFunction", Anything), ("lambda:UpdateFunctionCode", Anything)],
        Held(&["lambda.amazonaws.com"]),
        "pathfinding.cloud/lambda-004",
    ),
    path(&[("lambda:UpdateFunctionCode", Anything)], Held(&["lambda.amazonaws.com"]), "pathfinding.cloud/lambda-003"),
    path(
        &[("lambda:UpdateFunctionConfiguration", Anything)],
        Held(&["lambda.amazonaws.com"]),
        "prowler/lambda:UpdateFunctionConfiguration",
    ),
    path(&[("organizations:DetachPolicy", Anything)], Management, "AWS Organizations docs"),
    path(
        &[
            ("sagemaker:CreateNotebookInstanceLifecycleConfig", Anything),
            ("sagemaker:StartNotebookInstance", Anything),
            ("sagemaker:StopNotebookInstance", Anything),
            ("sagemaker:UpdateNotebookInstance", Anything),
        ],
        Held(&["sagemaker.amazonaws.com"]),
        "pathfinding.cloud/sagemaker-005",
    ),
    path(
        &[("sagemaker:CreatePresignedNotebookInstanceUrl", Anything)],
        Held(&["sagemaker.amazonaws.com"]),
        "pathfinding.cloud/sagemaker-004",
    ),
    path(&[("ssm:SendCommand", Anything)], Held(&["ec2.amazonaws.com"]), "pathfinding.cloud/ssm-002"),
    path(&[("ssm:StartSession", Anything)], Held(&["ec2.amazonaws.com"]), "pathfinding.cloud/ssm-001"),
    path(
        &[("sso:AttachManagedPolicyToPermissionSet", Anything)],
        Management,
        "prowler/sso:AttachManagedPolicyToPermissionSet",
    ),
    path(
        &[
            ("sso:AttachManagedPolicyToPermissionSet", Anything),
            ("sso:CreateAccountAssignment", Anything),
            ("sso:CreatePermissionSet", Anything),
        ],
        Management,
        "prowler/SSOCreatePermissionSet+CreateAccountAssignment+AttachManagedPolicy",
    ),
    path(&[("sso:CreateAccountAssignment", Anything)], Management, "IAM Identity Center docs"),
    path(
        &[("sso:ProvisionPermissionSet", Anything), ("sso:PutInlinePolicyToPermissionSet", Anything)],
        Management,
        "IAM Identity Center docs",
    ),
    path(&[("sso:PutInlinePolicyToPermissionSet", Anything)], Management, "prowler/sso:PutInlinePolicyToPermissionSet"),
    path(
        &[("states:StartExecution", Anything), ("states:UpdateStateMachine", Anything)],
        Held(&["states.amazonaws.com"]),
        "prowler/StepFunctionsUpdateStateMachine+StartExecution",
    ),
    path(&[("sts:AssumeRole", Target)], StrongerAssumableRole, "pathfinding.cloud/sts-001"),
];
