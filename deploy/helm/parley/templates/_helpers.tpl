{{- /* Short: a pod's name, which has this, the target's and the cluster's 17 letters, is its instance name (60 letters). */}}
{{- define "parley.name" -}}
{{- if eq .Release.Name .Chart.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 30 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- /* What is the same for all pods of the release; `component` tells them apart. */}}
{{- define "parley.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "parley.labels" -}}
{{ include "parley.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "parley.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /*
What the targets differ in besides their values. http: answers the public; grpc: over gRPC too; data: keeps files under --data;
changes: is given the URLs of all databases, where others get that of their own; keys: opens the signing keys. Held against what
the services say of themselves by scripts/check-deploy.mjs.
*/}}
{{- define "parley.targets" -}}
gateway: { http: true, grpc: true, data: true }
realtime: { http: true }
identity: { data: true, keys: true }
people: {}
chat: {}
relay: { changes: true, single: true }
router: {}
discovery: {}
{{- end }}

{{- define "parley.secretName" -}}
{{ .Values.existingSecret | default (include "parley.name" .) }}
{{- end }}

{{- define "parley.databaseUrl" -}}
{{- $root := .root }}
{{- $given := index $root.Values.databases .service }}
{{- $postgres := $root.Values.engines.postgres }}
{{- if $given }}{{ $given }}
{{- else if $postgres.enabled -}}
postgres://parley:{{ $postgres.password }}@{{ include "parley.name" $root }}-postgres:5432/{{ .service }}
{{- else }}{{ fail (printf "give databases.%s, or switch engines.postgres on" .service) }}{{ end -}}
{{- end }}

{{- define "parley.bus" -}}
{{- $engines := .Values.engines }}
{{- if .Values.bus }}{{ .Values.bus }}
{{- else if $engines.kafka.enabled }}kafka://{{ include "parley.name" . }}-kafka:9092
{{- else if $engines.rabbitmq.enabled }}amqp://parley:{{ $engines.rabbitmq.password }}@{{ include "parley.name" . }}-rabbitmq:5672
{{- else }}{{ fail "give bus, or switch engines.kafka or engines.rabbitmq on" }}{{ end -}}
{{- end }}

{{- define "parley.registry" -}}
{{- if .Values.registry }}{{ .Values.registry }}
{{- else if .Values.engines.redis.enabled }}redis://{{ include "parley.name" . }}-redis:6379
{{- else }}{{ fail "give registry, or switch engines.redis on" }}{{ end -}}
{{- end }}

{{- define "parley.secretData" -}}
PARLEY_SERVICE_SECRET: {{ required "give serviceSecret: openssl rand -hex 32" .Values.serviceSecret | quote }}
{{- with .Values.keySecret }}
PARLEY_KEY_SECRET: {{ . | quote }}
{{- end }}
{{- range $service, $url := .Values.databases }}
PARLEY_{{ upper $service }}_DATABASE_URL: {{ include "parley.databaseUrl" (dict "root" $ "service" $service) | quote }}
{{- end }}
PARLEY_BUS: {{ include "parley.bus" . | quote }}
PARLEY_REGISTRY: {{ include "parley.registry" . | quote }}
{{- end }}

{{- /* Options as variables. */}}
{{- define "parley.optionEnv" -}}
{{- range $option, $value := . }}
- name: PARLEY_{{ $option | replace "-" "_" | upper }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- /* `secret`, `names`: variables out of a Secret. */}}
{{- define "parley.secretEnv" -}}
{{- range .names }}
- name: {{ . }}
  valueFrom: { secretKeyRef: { name: {{ $.secret }}, key: {{ . }} } }
{{- end }}
{{- end }}

{{- define "parley.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- /* The argument: whether the program writes nowhere but to its volumes. */}}
{{- define "parley.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: {{ . }}
capabilities: { drop: [ALL] }
{{- end }}

{{- define "parley.placement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* `root`, `engine`: labels that its pods are found by; they are none of the release's own pods. */}}
{{- define "parley.engineSelector" -}}
app.kubernetes.io/name: {{ .engine }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: {{ include "parley.name" .root }}-engines
{{- end }}

{{- /* `root`, `engine`, `port`: a name that stands for the pod itself, as a StatefulSet needs. */}}
{{- define "parley.engineService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "parley.name" .root }}-{{ .engine }}
  labels: {{- include "parley.engineSelector" . | nindent 4 }}
spec:
  clusterIP: None
  selector: {{- include "parley.engineSelector" . | nindent 4 }}
  ports: [{ name: {{ .engine }}, port: {{ .port }}, targetPort: {{ .engine }} }]
{{- end }}

{{- /* `root`, `engine`, `user`: a StatefulSet of one, up to its container's particulars. */}}
{{- define "parley.engineSet" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "parley.name" .root }}-{{ .engine }}
  labels: {{- include "parley.engineSelector" . | nindent 4 }}
spec:
  serviceName: {{ include "parley.name" .root }}-{{ .engine }}
  replicas: 1
  selector:
    matchLabels: {{- include "parley.engineSelector" . | nindent 6 }}
  {{- with (index .root.Values.engines .engine) }}{{ with .size }}
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        accessModes: [ReadWriteOnce]
        {{- with (index $.root.Values.engines $.engine).storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: { requests: { storage: {{ . }} } }
  {{- end }}{{ end }}
  template:
    metadata:
      labels: {{- include "parley.engineSelector" . | nindent 8 }}
    spec:
      {{- include "parley.placement" .root | nindent 6 }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 60
      securityContext: {{- include "parley.podSecurity" .user | nindent 8 }}
{{- end }}

{{- /* `root`, `engine`, `port`: what every engine's container has. */}}
{{- define "parley.engineContainer" -}}
name: {{ .engine }}
image: {{ (index .root.Values.engines .engine).image }}
ports: [{ name: {{ .engine }}, containerPort: {{ .port }} }]
resources: {{- toYaml (index .root.Values.engines .engine).resources | nindent 2 }}
{{- end }}
