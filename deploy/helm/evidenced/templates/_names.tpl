{{- define "evidenced.fullname" -}}
{{- if contains "evidenced" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-evidenced" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "evidenced.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "evidenced.fullname" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "evidenced.selector" -}}
app.kubernetes.io/name: evidenced
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "evidenced.labels" -}}
{{ include "evidenced.selector" . }}
app.kubernetes.io/part-of: evidenced
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "evidenced.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The pod of either mode: a dict with `root`, `component` and `args`. */}}
{{- define "evidenced.pod" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
metadata:
  labels:
    {{- include "evidenced.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # New pods when the configuration changes.
    evidenced/config: {{ toYaml $values.config | sha256sum }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "evidenced.serviceAccount" $root }}
  # Workload identities bring a token of their own; that of the API server is not needed.
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- if eq .component "collect" }}
  restartPolicy: Never
  {{- end }}
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with $values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq .component "service" }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "evidenced.selector" $root | nindent 10 }}
          app.kubernetes.io/component: service
  {{- end }}
  containers:
    - name: evidenced
      image: {{ include "evidenced.image" $root | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args:
        {{- toYaml .args | nindent 8 }}
      env:
        {{- if eq .component "service" }}
        # By which the replica is told from others.
        - name: EVIDENCED_REPLICA
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        {{- else }}
        # Each pod reads the scopes of its share: JOB_COMPLETION_INDEX of so many.
        - name: EVIDENCED_SHARDS
          value: {{ $values.job.shards | quote }}
        {{- end }}
        {{- with $values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- if eq .component "service" }}
      ports:
        - {name: http, containerPort: 8080, protocol: TCP}
      # /readyz asks for the token, which a probe cannot bring from a Secret; and a store that is away is no reason to start anew.
      # `evidenced_ready` tells it to Prometheus.
      startupProbe:
        httpGet: {path: /healthz, port: http, scheme: {{ ternary "HTTPS" "HTTP" $values.http.tls }}}
        periodSeconds: 2
        failureThreshold: 30
      livenessProbe:
        httpGet: {path: /healthz, port: http, scheme: {{ ternary "HTTPS" "HTTP" $values.http.tls }}}
        periodSeconds: 20
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /healthz, port: http, scheme: {{ ternary "HTTPS" "HTTP" $values.http.tls }}}
        periodSeconds: 10
        timeoutSeconds: 5
      {{- end }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        privileged: false
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: config, mountPath: /etc/evidenced, readOnly: true}
        {{- if eq .component "service" }}
        - {name: token, mountPath: /run/secrets/evidenced, readOnly: true}
        {{- end }}
        {{- range $values.secretFiles }}
        - {name: {{ printf "secret-%s" .name }}, mountPath: {{ printf "/run/secrets/%s" .name }}, readOnly: true}
        {{- end }}
        - {name: spool, mountPath: /var/lib/evidenced}
        - {name: scratch, mountPath: /tmp}
  volumes:
    - name: config
      configMap: {name: {{ include "evidenced.fullname" $root }}, defaultMode: 0444}
    {{- if eq .component "service" }}
    - name: token
      secret: {secretName: {{ $values.http.tokenSecret }}, defaultMode: 0440}
    {{- end }}
    {{- range $values.secretFiles }}
    - name: {{ printf "secret-%s" .name }}
      secret: {secretName: {{ .secret }}, defaultMode: 0440}
    {{- end }}
    # Runs that wait for the store. It goes with the pod.
    - name: spool
      emptyDir: {sizeLimit: {{ $values.spool.size }}}
    - name: scratch
      emptyDir: {sizeLimit: {{ $values.scratch.size }}}
{{- end }}
